"""Tests of what two services must agree on."""
