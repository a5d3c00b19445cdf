"""Unit tests of the trial that `helm test` runs."""
