"""Tests of the catalogue and what follows from it."""
