"""Tests of how images are made, without a Docker engine."""
