"""Words of a command line: the same as those of a POSIX shell."""

import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from shared.parameters.types import Words
from shared.parameters.words import split

LINES = r"""
sleep infinity
  leading   and	tabs
python a.py --lr=1e-3 --name='my run' --tag="b c"
a'b'"c"d\ e
'' "" a'' ''b
'it'\''s'
"it's" 'say "hi"'
"a\"b" "a\\b" "a\'b" "a\nb"
\a \\ \' \" \  end
"\$HOME" "\`date\`" "\$(cat /k)"
\$HOME '$HOME' '$(date)' '`date`'
bash -c "export K=\$(cat /k)"
bash -c 'export HOME=/workspace; cd $HOME && ls'
bash -c "echo \"a b\" 'c d'"
sh -c "a \$b \"\$c d\""
'a\b' 'a\\b' '\n'
"a#b" a#b \#a '#a' # a comment
a #b 'c
#a
a# b
# nothing but a comment
-- --x=-1 - --
a=1 b="c d"
"trailing " ' leading'
"$" a$ $ "a$ b"
"!" ! a!b
{a,b} "{a}" \{a\}
a\=b @ % + , . / : _ ^
"a	tab" 'b	tab'
é "ü ö" '日本 語'
"unquoted"and"joined"
a""b ""a""
"a\!b" "a\ b" "a\~b"
'a'"'"'b'
"'" '"'
"\\\\" '\\\\' \\\\
"\\\"x\\\""
--opt=\"quoted\"
python -c "print('a', \"b\")"
python -c 'print("a", 1)'
"a\\"b
""
""''
~a '~' "~/b"
[a] "[b]" \[c\]
""".strip("\n").split("\n")
"""Lines that print what they are if `sh` runs `printf` with them: nothing in them is a file or a variable."""
CONTINUED = (
    "torchrun a.py \\\n  --lr 1",
    "torchrun a.py \\\n  --lr 1 \\\n",
    "a\\\nb",
    '"a\\\nb"',
    "'a\\\nb'",
    '"a\nb" c',
    "'a\nb' c",
    "a \\\n\\\n b",
    "a \\\n# c",
    "trailing  \t ",
    '"a\\\\\nb"',
    "\\\n",
)
"""Lines that are longer than one."""


ENDS_A_COMMAND = re.compile(r"(?<!\\)(\\\\)*\n|#.*\n", re.DOTALL)
"""The end of a line that no backslash joins with the next one, or of a comment: another command would follow."""


def of_shell(line: str) -> list[str]:
    """The words that `sh` makes of the line."""
    printed = subprocess.run(["sh", "-f", "-c", f"printf '%s\\0' first {line}"], check=True, capture_output=True)
    return printed.stdout.decode().split("\0")[1:-1]


@pytest.mark.parametrize("line", [*LINES, *CONTINUED])
def test_words_are_those_of_a_shell(line: str) -> None:
    """Each line gives the words that `sh` passes to a program."""
    assert split(line) == of_shell(line)


@given(st.text(alphabet="ab \\\"'#\n\t", max_size=12).filter(lambda text: not ENDS_A_COMMAND.search(text)))
def test_any_quotes_and_backslashes_are_read_as_by_a_shell(text: str) -> None:
    """Whatever combines quotes, backslashes and blanks gives the words of `sh`, or neither can read it."""
    try:
        found = split(text)
    except ValueError:
        if not text.endswith("\\"):  # at the very end, POSIX leaves open what a backslash means
            with pytest.raises(subprocess.CalledProcessError):
                of_shell(text)
    else:
        assert found == of_shell(text)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a\nb\r\nc", ["a", "b", "c"]),
        ("a \\\r\n b", ["a", "b"]),
        ("# first\npython a.py # second\n--lr 1", ["python", "a.py", "--lr", "1"]),
        ("${HOME}/x $A'$B'", ["${HOME}/x", "$A$B"]),
        ("echo $(date +%F) `hostname -s`", ["echo", "$(date +%F)", "`hostname -s`"]),
        ('x "$(cat "a b" | wc -l)" y', ["x", '$(cat "a b" | wc -l)', "y"]),
        ("$((1 + (2 * 3))) ${A:-b c}", ["$((1 + (2 * 3)))", "${A:-b c}"]),
        ("\"${A:-it's}\" ${A:-'b }'}", ["${A:-it's}", "${A:-'b }'}"]),
        ("$(a \\) ')' \") $(b)\" c) d", ["$(a \\) ')' \") $(b)\" c)", "d"]),
        ("a | b > c && d; (e)", ["a", "|", "b", ">", "c", "&&", "d;", "(e)"]),
        ("\"a$'b'\" '$'\\'x", ["a$'b'", "$'x"]),
    ],
)
def test_what_a_shell_would_run_stays_as_it_is(line: str, words: list[str]) -> None:
    """Variables, substitutions and operators are left in the words; lines are only blanks between words."""
    assert split(line) == words
    assert list(Words.read(line).words) == words


UNCLOSED = "must be words separated by spaces, quoted as in a shell, with every quote closed"
ANSI = "cannot contain $'...', which shells read in different ways; use '...' or \"...\" instead"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        *(
            (line, UNCLOSED)
            for line in ("it's", 'a "b', "a `b", "a $(b", "a ${b", '"$(a)', "# only", "a\\", '"\\"', "$(" * 9999)
        ),
        *((line, ANSI) for line in (r"printf $'a\nb'", "a$'b'", "--sep=$'\\t'")),
    ],
)
def test_what_no_shell_or_not_every_shell_reads_is_refused(line: str, sentence: str) -> None:
    """An open quote and `$'...'` are refused, each with its own sentence."""
    with pytest.raises(PydanticCustomError) as caught:
        Words.read(line)
    assert caught.value.message() == sentence
