"""Stories of Slipway's image: each service runs in a container of its own, as it will run in a pod."""
