"""Tests of how Slipway is deployed."""
