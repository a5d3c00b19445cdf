"""The command line of the submit verbs: their flags, and how words are rearranged before click parses them."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, Final

import click

from cli.options.completion import SUBMITS
from cli.options.kinds import SWITCHES
from cli.options.names import PROJECT_NAME
from cli.options.spans import Seconds
from cli.printing.output import JSON, NAME, YAML
from cli.submit.draft import Profile
from cli.submit.flags import (
    NEEDLESS,
    UNSUPPORTED,
    UNSUPPORTED_SWITCHES,
    Flag,
    FlagOption,
    flags_of,
    key_of,
    option,
)

BARE: Final = {"--dry-run": "client", "--wait": "submitted"}
"""Flags whose value is optional, with the value used if it is omitted."""
COMMAND, OLD_COMMAND = "--command", "--old-command"
TRUTH: Final = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
"""Values that may follow a switch and `=`."""
AFTER_DASHES: Final = "slipway.after_dashes"
"""Key in the click context for the words after `--`; the value is None if there is no `--`."""
FIRST_SECTIONS: Final = ("Workload", "Type", "Tools")
OTHER: Final = "Submission"


class SubmitCommand(click.Command):
    """A command with the flags of a profile; the words after `--` are the job's own command."""

    def __init__(self, profile: Profile, **options: Any) -> None:
        self.profile = profile
        self.flags = flags_of(profile.kinds, profile.without)
        names = click.Argument(["names"], nargs=-1, metavar="[NAME]")
        super().__init__(params=[names, *_options(profile, self.flags)], **options)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return `[OPTIONS] [NAME] [-- COMMAND...]`."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rearrange the words, then parse them."""
        before, after = split(args)
        ctx.meta[AFTER_DASHES], ctx.meta[SUBMITS] = after, self.profile.kinds
        return super().parse_args(ctx, list(self._ordered(ctx, before, dashes=after is not None)))

    def _ordered(self, ctx: click.Context, words: Sequence[str], *, dashes: bool) -> Iterator[str]:
        """The words, with each flag in a form click accepts: `--tty=false`, `--wait`, the oldest `--command WORD`."""
        options = {name: one for one in self.get_params(ctx) if isinstance(one, click.Option) for name in one.opts}
        takes_value = apart = False
        for word, following in zip_longest(words, words[1:], fillvalue="-"):
            name, equals, value = word.partition("=")
            alone = value in TRUTH if equals else following.startswith("-")
            if apart:
                apart = False
            elif takes_value:
                takes_value = False
                yield word
            elif name == COMMAND and not dashes and not alone:
                takes_value = not equals
                yield OLD_COMMAND + equals + value
            elif word in BARE:
                apart = following in getattr(options[word].type, "choices", ()) if word in options else False
                yield f"{word}={following if apart else BARE[word]}"
            elif equals and name in options and options[name].is_flag:
                yield _switched(ctx, options[name], name, value)
            else:
                takes_value = word in options and not options[word].is_flag
                yield word

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the flags, by section."""
        sections: dict[str, list[tuple[str, str]]] = {section: [] for section in FIRST_SECTIONS}
        for one in self.get_params(ctx):
            if isinstance(one, click.Option) and (record := one.get_help_record(ctx)):
                sections.setdefault(getattr(one, "section", OTHER), []).append(record)
        for section in sorted(sections, key=lambda name: name == OTHER):
            if sections[section]:
                with formatter.section(section):
                    formatter.write_dl(sections[section])
        formatter.write_paragraph()
        formatter.write_text("To turn off what a base workload turns on, use --no-NAME or --NAME=false.")


def split(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """The words before and after the first `--`; None for those after if there is no `--`."""
    if "--" not in words:
        return list(words), None
    at = list(words).index("--")
    return list(words[:at]), list(words[at + 1 :])


def _switched(ctx: click.Context, one: click.Option, name: str, value: str) -> str:
    """A switch with a value, turned into a switch without one."""
    if value.casefold() not in TRUTH:
        raise click.BadOptionUsage(
            name, f"Invalid value {value!r} for option {name!r}: expected true or false.", ctx=ctx
        )
    if TRUTH[value.casefold()]:
        return name
    if one.secondary_opts:
        return one.secondary_opts[0]
    raise click.BadOptionUsage(name, f"Option {name!r} has no opposite: leave it out to turn it off.", ctx=ctx)


def _options(profile: Profile, flags: Sequence[Flag]) -> Iterator[click.Option]:
    for name in _switches(profile):
        spelled, help_text = SWITCHES[name]
        long, *others = spelled
        yield FlagOption([name, f"{long}/--no-{long.removeprefix('--')}", *others], default=None, help=help_text,
                         section="Type")  # fmt: skip
    yield from (option(flag, profile.kinds) for flag in flags)
    yield from _of_container()
    yield FlagOption(["--nfs-server"], metavar="HOST", section="Storage",
                     help="NFS server for volumes that name no server.")  # fmt: skip
    if "ports" not in profile.without:
        yield FlagOption(["--address"], metavar="IP,...", section="Network",
                         help="Addresses to listen on with --service-type "
                             "portforward (default: localhost).")  # fmt: skip
        yield FlagOption(["--forward/--no-forward"], default=None, section="Network",
                         help="Forward the job's ports to this machine until Ctrl-C (the default with --service-type "
                              "portforward; --no-forward turns it off).")  # fmt: skip
    yield from _of_submission()
    for name in (*UNSUPPORTED, *NEEDLESS):
        yield FlagOption([key_of(name), name], multiple=True, hidden=True, section="Container")
    for name in UNSUPPORTED_SWITCHES:
        yield FlagOption([key_of(name), name], is_flag=True, default=None, hidden=True, section="Container")


def _switches(profile: Profile) -> Sequence[str]:
    """The kinds that a switch selects; a verb for a single kind needs no switches."""
    return profile.kinds if len(profile.kinds) > 1 else ()


def _of_container() -> Iterator[click.Option]:
    section = "Container"
    yield FlagOption([f"{COMMAND}/--no-command"], default=None, section=section,
                     help="Use the words after -- as the command, instead "
                         "of as arguments of the image's entry point.")  # fmt: skip
    yield FlagOption([OLD_COMMAND], multiple=True, hidden=True, section=section)
    yield FlagOption(["--args"], multiple=True, hidden=True, section=section)
    for name in ("--local-image", "--always-pull-image"):
        yield FlagOption([f"{name}/--no-{name.removeprefix('--')}"], default=None, hidden=True, section=section)
    yield FlagOption(["--attach/--no-attach"], default=None, section=section,
                     help="Wait until the pod runs, then attach this terminal; turns on --stdin and --tty unless you "
                          "set them.")  # fmt: skip


def _of_submission() -> Iterator[click.Option]:
    yield click.Option(["-p", "--project"], type=PROJECT_NAME, metavar="NAME",
                       help="Project (default: the one set by `runai config project`).")  # fmt: skip
    yield click.Option(["--wait"], type=click.Choice(["submitted", "running"]), metavar="[=running]",
                       help="Wait until the workload is Submitted or Failed; "
                           "with =running, until a pod runs.")  # fmt: skip
    yield click.Option(["--timeout"], type=Seconds(), metavar="DURATION",
                       help="Longest time to wait, such as 30s, 5m or 1h30m; exit with code 6 after it.")  # fmt: skip
    yield click.Option(["--glance"], type=Seconds(), envvar="RUNAI_GLANCE", show_envvar=True, hidden=True)
    yield click.Option(["--dry-run"], type=click.Choice(["client", "server"]), metavar="[=server]",
                       help="Create nothing and print the workload; with =server, print the verdict, the values and "
                            "every object that would be created.")  # fmt: skip
    yield click.Option(["-o", "--output"], type=click.Choice([YAML, JSON, NAME]),
                       help="Print the workload in this format, and everything else to standard error; with "
                            "--dry-run=server, print all objects.")  # fmt: skip
    yield click.Option(["--kubeconfig"], metavar="FILE", type=click.Path(),
                       help="Path to the kubeconfig (default: $KUBECONFIG, then ~/.kube/config).")  # fmt: skip
