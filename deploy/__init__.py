"""Runs Slipway: the chart, the images and the local platform."""
