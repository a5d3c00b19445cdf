"""How bash, zsh and fish hand over what is typed, and take what completes it.

click completes the value after `--flag=` alone, where zsh and fish replace the whole word. bash replaces only what
follows the last `:` or `=`, since it ends words there, and hands over the pieces: it gets the line whole instead.
"""

import os
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

ASKED: Final = "_RUNAI_COMPLETE"
"""The variable by which a shell asks for completions."""
SPECIAL: Final = re.compile(r"([^\w@%+=:,./-])")
"""What a shell would take for something else, outside quotes."""
BASH: Final = """\
%(complete_func)s() {
    local line type value
    COMPREPLY=()
    while IFS= read -r line; do
        type=${line%%%%,*} value=${line#*,}
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                [[ $value == *[=:] ]] && compopt -o nospace ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Typed(NamedTuple):
    """A line as far as the cursor."""

    before: Sequence[str]
    """The words before the one at the cursor."""
    word: str
    """That word, without quotes."""
    kept: int
    """How many of its characters bash keeps: those up to the last of its separators."""
    quoted: bool
    """Whether the cursor is inside quotes."""


def typed(line: str, separators: str) -> Typed:
    """Split a line as bash does, except at separators inside words."""
    word, kept, quote, escaped, begun = "", 0, "", False, False
    for char in line:
        if escaped or (quote and char != quote and not (char == "\\" and quote == '"')):
            word, escaped = word + char, False
        elif char == "\\":
            escaped = begun = True
        elif quote or char in "'\"":
            quote, begun = "" if quote else char, True
        elif char.isspace():
            word, kept, begun = "", 0, False
            continue
        else:
            word += char
            kept = len(word) if char in separators else kept
        begun = True
    words = split_arg_string(line)
    return Typed(words[:-1] if begun else words, word, kept, bool(quote))


class Whole(ShellComplete):
    """Completes whole words, `--flag=value` too."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return what can stand in place of the incomplete word."""
        found = super().get_completions(args, incomplete)
        flag, equals, _ = incomplete.partition("=")
        if equals and flag.startswith("-"):
            for item in found:
                item.value = f"{flag}={item.value}" if item.type == "plain" else item.value
        return found


@add_completion_class
class Bash(Whole, BashComplete):
    """Completes the part of a word that bash replaces."""

    source_template = BASH
    _typed = Typed((), "", 0, False)

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the word at the cursor."""
        line = os.environ.get("COMP_LINE")
        if line is None:  # the script of an older version
            return super().get_completion_args()
        breaks = os.environ.get("COMP_WORDBREAKS", ":=")
        self._typed = typed(line, "".join(char for char in ":=" if char in breaks))
        return [*self._typed.before[1:]], self._typed.word

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return what replaces the part, so that the shell reads it as one word."""
        if item.type != "plain":
            return super().format_completion(item)
        rest = item.value[self._typed.kept :]
        return f"plain,{rest if self._typed.quoted else SPECIAL.sub(_escaped, rest)}"


@add_completion_class
class Zsh(Whole, ZshComplete):
    """Completes whole words in zsh."""


@add_completion_class
class Fish(Whole, FishComplete):
    """Completes whole words in fish."""


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[1]}"
