"""Texts of the cluster on one line."""

from shared.inquiry.texts import printable, text_of


def test_what_could_command_a_terminal_is_written_out() -> None:
    """Escape sequences and other control characters are made visible."""
    assert printable("a\x1b[31mred\nb\u202e\ud800é ") == r"a\x1b[31mred\nb\u202e\ud800é "


def test_values_are_written_as_people_write_them() -> None:
    """Values have no quotes, and members are `name=value`."""
    assert text_of({"container": 8080, "external": None, "auto": True}) == "container=8080, external=, auto=true"
    assert text_of(["a\nb", 0.5]) == r"a\nb, 0.5"
