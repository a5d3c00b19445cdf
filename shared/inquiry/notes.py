"""The callback through which an inquiry reports progress and notes, which each caller shows in its own way."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes a sentence: what the inquiry is waiting for, or what the user should know."""
