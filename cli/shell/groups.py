"""Groups of verbs. A verb's file is imported when it is used, so that `--help` and completion are quick."""

from collections.abc import Mapping
from copy import copy
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.parser import _OptionParser, _ParsingState  # private: nothing else knows which words are values

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP_FLAGS = ["-h", "--help"]
HELP = "help"


class Verb(NamedTuple):
    """The place where a verb is defined, and its line in the list of verbs."""

    place: str
    """`module:attribute`."""
    summary: str


class Verbs(click.Group):
    """A group whose commands are imported when they are used."""

    def __init__(
        self,
        *arguments: Any,
        verbs: dict[str, Verb],
        default: str | None = None,
        bare: bool = False,
        instead: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """`default` is the command used if none is named; with `bare`, even if there are no arguments at all.

        `instead` suggests alternatives to verbs that users know from other tools.
        """
        super().__init__(*arguments, **options)
        self._verbs, self._default, self._bare, self._instead = verbs, default, bare, instead or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the verbs, in the order of the help page."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb. Singular and plural are both accepted: `list job`, `describe nodes`."""
        name = self._meant(cmd_name)
        if name is None:
            return None
        module, attribute = self._verbs[name].place.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        if not any("--loglevel" in one.opts for one in command.params):
            command.params.append(loglevel())
            command.make_parser = partial(_parser, command)  # type: ignore[method-assign]  # for this verb only
        return command

    def _meant(self, word: str) -> str | None:
        return next((name for name in (word, f"{word}s", word.removesuffix("s")) if name in self._verbs), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in self._verbs.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the default verb if it was left out; a verb after options is moved before them.

        `runai help VERB` is `runai VERB --help`.
        """
        if args[:1] == [HELP] and ctx.parent is None:
            args[:] = [*args[1:], HELP_FLAGS[-1]]
        named = bool(args) and (self._meant(args[0]) is not None or args[0] in HELP_FLAGS)
        completing = ctx.resilient_parsing and not args
        if not named and not completing and (args or self._bare):
            place = self._place_of_verb(ctx, args)
            if place is not None:
                args.insert(0, args.pop(place))
            elif self._default:
                self._refuse_unknown(ctx, args)
                args.insert(0, self._default)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb of the first word; the error for an unknown verb suggests similar ones."""
        if args and not ctx.resilient_parsing and self._meant(args[0]) is None and not args[0].startswith("-"):
            raise self._unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def _place_of_verb(self, ctx: click.Context, args: list[str]) -> int | None:
        """The position of the first word that is not an option's value, if that word is a verb."""
        for place, word in enumerate(args):
            if word == "--":
                return None
            if self._meant(word) is not None and self._words(ctx, word, args[: place + 1]) == [word]:
                return place
        return None

    def _words(self, ctx: click.Context, verb: str, args: list[str]) -> list[str] | None:
        """The verb's positional arguments; None if it refuses the words."""
        command = self.get_command(ctx, verb)
        if isinstance(command, Verbs):
            found = (command._words(ctx, one, args) for one in command._verbs)
            return next((words for words in found if words is not None), None)
        if command is None:
            return None
        inner = command.context_class(command, info_name=verb, parent=ctx, resilient_parsing=True)
        try:
            given, left, _ = command.make_parser(inner).parse_args([*args])
        except click.UsageError:
            return None
        words: list[str] = []
        for one in command.params:
            value = given.get(one.name or "") if isinstance(one, click.Argument) else None
            words += value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
        return [*(word for word in words if isinstance(word, str)), *left]

    def _refuse_unknown(self, ctx: click.Context, args: list[str]) -> None:
        """Report the first word as an unknown verb if the default verb takes fewer words than given."""
        words, default = self._words(ctx, self._default or "", args), self.get_command(ctx, self._default or "")
        wanted = [one.nargs for one in default.params if isinstance(one, click.Argument)] if default else []
        if words and -1 not in wanted and len(words) > sum(wanted) and not ctx.resilient_parsing:
            raise self._unknown(ctx, words[0])

    def _unknown(self, ctx: click.Context, word: str) -> click.UsageError:
        if word in self._instead:
            return click.UsageError(f"No such command {word!r}: {self._instead[word]}", ctx)
        near = get_close_matches(word, self._verbs, n=1, cutoff=0.7)
        hint = f"Did you mean {near[0]!r}?" if near else f"Available commands: {', '.join(self._verbs)}."
        return click.UsageError(f"No such command {word!r}. {hint}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete verbs with this prefix, without importing them, and what the default verb completes."""
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


class _Parser(_OptionParser):
    """Parses flags as Go programs do: `-p=team-a` means `-p team-a`, after other letters too."""

    def _match_short_opt(self, arg: str, state: _ParsingState) -> None:
        letters, equals, value = arg.partition("=")
        met = [self._short_opt.get(f"-{letter}") for letter in letters[1:]]
        takes_value = [one is not None and one.takes_value for one in met]
        if equals and takes_value.count(True) == 1 and takes_value[-1]:
            state.rargs.insert(0, value)
            arg = letters
        super()._match_short_opt(arg, state)


def _parser(command: click.Command, ctx: click.Context) -> _Parser:
    """Our parser for the command, which replaces click's."""
    parser = _Parser(ctx)
    for one in command.get_params(ctx):
        one.add_to_parser(parser, ctx)
    return parser


def _loglevel(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        import logging

        logging.basicConfig(
            level=value.upper().replace("WARN", "WARNING"), format="%(levelname)s %(name)s: %(message)s"
        )


def loglevel(hidden: bool = True) -> click.Option:
    """`--loglevel`, which every verb takes and which is documented once."""
    return click.Option(
        ["--loglevel"],
        type=click.Choice(["debug", "info", "warn", "error"]),
        expose_value=False,
        hidden=hidden,
        callback=_loglevel,
        help="Level of the log messages on standard error.",
    )


def renamed(command: click.Command, known: str, older: str) -> click.Command:
    """The same command under its older name, which its examples use too."""
    other = copy(command)
    other.params = [*command.params]
    other.help = (command.help or "").replace(f"runai {known}", f"runai {older}")
    return other
