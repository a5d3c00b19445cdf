"""How an inquiry says something beside its answer, which each of its users shows in a way of its own."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes a sentence: what is waited for at the moment, or what a person should know."""
