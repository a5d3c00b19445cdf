"""Tests of the catalogue and of everything derived from it."""
