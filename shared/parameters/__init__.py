"""The single definition of every parameter, and everything derived from it."""
