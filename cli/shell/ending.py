"""Ends every command with an exit code and, on failure, a message, never a traceback."""

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Final, NoReturn

import click

from cli.shell.escapes import is_dumb
from cli.shell.exits import Exit, Stop

UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Error numbers of a failed write, such as a full disk."""


def ended(command: click.Command) -> NoReturn:
    """Run the command with this process's arguments, and end the process."""
    if sys.stdin is None:  # closed: the same as empty; the descriptor must not become that of something else
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if sys.stderr is None:  # a user who closed it wants no messages
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if sys.stdout is None:
        click.echo("Error: standard output is closed", err=True)
        sys.exit(int(Exit.CLOSED))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # replace characters that the terminal cannot show
    sys.exit(int(_run(command)))


def _run(command: click.Command) -> int:
    output = sys.stdout
    try:
        _must_be_text(sys.argv[1:])
        # commands return nothing; a returned value is the code of an `Exit` that was raised
        code = command.main(prog_name="runai", standalone_mode=False, color=_color())
        sys.stdout.flush()
    except click.ClickException as error:
        _tell(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _cut_off()
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            return _at_fault(error)
        click.echo(f"Error: cannot write the output: {os.strerror(error.errno)}", err=True)
        return _cut_off()
    except SystemExit:
        if sys.stdout is not output:  # click replaces it if the reader has gone
            return _cut_off()
        raise
    except Exception as error:  # noqa: BLE001 - users get a message even for our own bugs
        return _at_fault(error)
    return code if isinstance(code, int) else Exit.DONE


def _must_be_text(words: Sequence[str]) -> None:
    """Refuse arguments that are not valid UTF-8: no name, value or path contains other bytes."""
    for number, word in enumerate(words, start=1):
        try:
            word.encode()
        except UnicodeEncodeError:
            raise Stop(Exit.USAGE, f"argument {number} is not valid UTF-8: {word!a}") from None


def _cut_off() -> int:
    """End after the reader has gone, as with `runai list workloads | head`: write nothing at exit either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.CLOSED


def _color() -> bool | None:
    """Switch colour off if NO_COLOR is set (https://no-color.org) or the terminal has none; otherwise click uses it
    on terminals only."""
    return False if os.environ.get("NO_COLOR") or is_dumb() else None


def _tell(error: click.ClickException) -> None:
    if isinstance(error, click.UsageError):
        error.show()
    else:
        mark = click.style("Error:", fg="red", bold=True)
        click.echo(f"{mark} {error.format_message()}", err=True, color=_color())


def _at_fault(error: Exception) -> int:
    import logging

    if logging.getLogger().isEnabledFor(logging.DEBUG):
        logging.getLogger("runai").debug("traceback of the internal error", exc_info=error)
    text = " ".join(str(error).split())
    click.echo(f"Error: internal error: {type(error).__name__}: {text}; rerun with --loglevel debug", err=True)
    return Exit.AT_FAULT
