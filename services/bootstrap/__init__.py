"""Declare the stream before the services start, with the one account that may."""
