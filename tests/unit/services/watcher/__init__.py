"""Unit tests of `services/watcher`."""
