"""What runs Slipway."""
