"""Tests of what each service may do."""
