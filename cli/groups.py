"""Groups of verbs. A verb's file is read when it is used, so that `--help` and completion are quick."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP_FLAGS = ["-h", "--help"]


class Verb(NamedTuple):
    """Where a verb is, and what the list of verbs says of it."""

    place: str
    """`module:attribute`."""
    summary: str


class Verbs(click.Group):
    """A group whose commands are read from their files when they are used."""

    def __init__(
        self,
        *arguments: Any,
        verbs: dict[str, Verb],
        default: str | None = None,
        bare: bool = False,
        **options: Any,
    ) -> None:
        """`default` is the command meant where none is named; `bare`, where nothing at all is given too."""
        super().__init__(*arguments, **options)
        self._verbs, self._default, self._bare = verbs, default, bare

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which they are listed to people."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the verb's file. One of many is also called as many: `list job`, `describe nodes`."""
        name = self._meant(cmd_name)
        if name is None:
            return None
        module, attribute = self._verbs[name].place.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        if not any("--loglevel" in one.opts for one in command.params):
            command.params.append(loglevel())
        return command

    def _meant(self, word: str) -> str | None:
        return next((name for name in (word, f"{word}s", word.removesuffix("s")) if name in self._verbs), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without reading their files."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self._verbs.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb where it was left out; one that stands after options is moved before them."""
        named = bool(args) and (self._meant(args[0]) is not None or args[0] in HELP_FLAGS)
        completing = ctx.resilient_parsing and not args
        if self._default and not named and not completing and (args or self._bare):
            first = next((word for word in args if not word.startswith("-")), None)
            moved = first is not None and self._meant(first) is not None
            if first is not None and moved:
                args.remove(first)
            args.insert(0, first if first is not None and moved else self._default)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The verbs that begin so, without reading their files; and what the default one takes."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=verb.summary)
            for name, verb in self._verbs.items()
            if name.startswith(incomplete) and not incomplete.startswith("-")
        ]
        default = self.get_command(ctx, self._default) if self._default else None
        if default is None:
            return found + click.Command.shell_complete(self, ctx, incomplete)
        inner = default.make_context(self._default, [], parent=ctx, resilient_parsing=True)
        if incomplete.startswith("-"):
            return default.shell_complete(inner, incomplete)
        argument = next((one for one in default.params if isinstance(one, click.Argument)), None)
        return found + (argument.shell_complete(inner, incomplete) if argument else [])


def _loglevel(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        import logging

        logging.basicConfig(
            level=value.upper().replace("WARN", "WARNING"), format="%(levelname)s %(name)s: %(message)s"
        )


def loglevel(hidden: bool = True) -> click.Option:
    """`--loglevel`, which every verb takes and one place explains."""
    return click.Option(
        ["--loglevel"],
        type=click.Choice(["debug", "info", "warn", "error"]),
        expose_value=False,
        hidden=hidden,
        callback=_loglevel,
        help="How much to tell of what goes on inside, on standard error; of every verb.",
    )
