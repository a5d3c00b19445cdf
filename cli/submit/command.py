"""The command line of `submit` and its kin: their flags, and their words put in order before click reads them."""

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
from cli.submit.flags import Flag, FlagOption, flags_of, option

BARE: Final = {"--dry-run": "client", "--wait": "submitted"}
"""Flags that may stand without a value, and the one that is meant then."""
COMMAND, OLD_COMMAND = "--command", "--old-command"
TRUTH: Final = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
"""What may stand after a switch and `=`."""
AFTER_DASHES: Final = "slipway.after_dashes"
"""Where a command's context keeps the words after `--`; None where there is none."""
FIRST_SECTIONS: Final = ("Workload", "Type", "Tools")
OTHER: Final = "Submission"


class SubmitCommand(click.Command):
    """A command whose flags are those of a profile; what stands after `--` is the job's own command."""

    def __init__(self, profile: Profile, **options: Any) -> None:
        self.profile = profile
        self.flags = flags_of(profile.kinds, profile.without)
        names = click.Argument(["names"], nargs=-1, metavar="[NAME]")
        super().__init__(params=[names, *_options(profile, self.flags)], **options)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """`[OPTIONS] [NAME] [-- COMMAND...]`."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the words in order, then have them read."""
        before, after = split(args)
        ctx.meta[AFTER_DASHES], ctx.meta[SUBMITS] = after, self.profile.kinds
        return super().parse_args(ctx, list(self._ordered(ctx, before, dashes=after is not None)))

    def _ordered(self, ctx: click.Context, words: Sequence[str], *, dashes: bool) -> Iterator[str]:
        """The words, each flag as click takes it: `--tty=false`, `--wait`, and the oldest `--command WORD`."""
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
        """The flags, by section."""
        sections: dict[str, list[tuple[str, str]]] = {section: [] for section in FIRST_SECTIONS}
        for one in self.get_params(ctx):
            if isinstance(one, click.Option) and (record := one.get_help_record(ctx)):
                sections.setdefault(getattr(one, "section", OTHER), []).append(record)
        for section in sorted(sections, key=lambda name: name == OTHER):
            if sections[section]:
                with formatter.section(section):
                    formatter.write_dl(sections[section])
        formatter.write_paragraph()
        formatter.write_text("What a base workload turns on is turned off by --no-NAME or --NAME=false.")


def split(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """What stands before and after the first `--`; None for the latter where there is none."""
    if "--" not in words:
        return list(words), None
    at = list(words).index("--")
    return list(words[:at]), list(words[at + 1 :])


def _switched(ctx: click.Context, one: click.Option, name: str, value: str) -> str:
    """A switch with its value, as a switch without one."""
    if value.casefold() not in TRUTH:
        raise click.BadOptionUsage(name, f"Option {name!r} is on or off: {value!r} is neither true nor false.", ctx=ctx)
    if TRUTH[value.casefold()]:
        return name
    if one.secondary_opts:
        return one.secondary_opts[0]
    raise click.BadOptionUsage(name, f"Option {name!r} is off where it is left out.", ctx=ctx)


def _options(profile: Profile, flags: Sequence[Flag]) -> Iterator[click.Option]:
    for name in _switches(profile):
        spelled, help_text = SWITCHES[name]
        long, *others = spelled
        yield FlagOption([name, f"{long}/--no-{long.removeprefix('--')}", *others], default=None, help=help_text,
                         section="Type")  # fmt: skip
    yield from (option(flag, profile.kinds) for flag in flags)
    yield from _of_container()
    yield FlagOption(["--nfs-server"], metavar="HOST", section="Storage",
                     help="NFS server of the volumes that name none.")  # fmt: skip
    if "ports" not in profile.without:
        yield FlagOption(["--address"], metavar="IP,...", section="Network",
                         help="Where to listen with --service-type portforward; localhost where left out.")  # fmt: skip
        yield FlagOption(["--forward/--no-forward"], default=None, section="Network",
                         help="Keep forwarding the job's ports to this machine until Ctrl-C, as with --service-type "
                              "portforward; --no-forward ends at once.")  # fmt: skip
    yield from _of_submission()


def _switches(profile: Profile) -> Sequence[str]:
    """The kinds that a switch chooses; a verb of one kind needs none."""
    return profile.kinds if len(profile.kinds) > 1 else ()


def _of_container() -> Iterator[click.Option]:
    section = "Container"
    yield FlagOption([f"{COMMAND}/--no-command"], default=None, section=section,
                     help="The words after -- replace the image's entry point; else they are arguments.")  # fmt: skip
    yield FlagOption([OLD_COMMAND], multiple=True, hidden=True, section=section)
    yield FlagOption(["--args"], multiple=True, hidden=True, section=section)
    for name in ("--local-image", "--always-pull-image"):
        yield FlagOption([f"{name}/--no-{name.removeprefix('--')}"], default=None, hidden=True, section=section)
    yield FlagOption(["--attach/--no-attach"], default=None, section=section,
                     help="Wait until the pod runs, then connect this terminal with it; --stdin and --tty are on "
                          "unless they are given.")  # fmt: skip


def _of_submission() -> Iterator[click.Option]:
    yield click.Option(["-p", "--project"], type=PROJECT_NAME, metavar="NAME",
                       help="The project; else the default set by `runai config project`.")  # fmt: skip
    yield click.Option(["--wait"], type=click.Choice(["submitted", "running"]), metavar="[=running]",
                       help="Wait until it is Submitted or Failed; with =running, until a pod of it runs.")  # fmt: skip
    yield click.Option(["--timeout"], type=Seconds(), metavar="DURATION",
                       help="Wait no longer, such as 30s, 5m or 1h30m; exit code 6 then.")  # fmt: skip
    yield click.Option(["--glance"], type=Seconds(), envvar="RUNAI_GLANCE", show_envvar=True, hidden=True)
    yield click.Option(["--dry-run"], type=click.Choice(["client", "server"]), metavar="[=server]",
                       help="Create nothing. Print the workload; with =server, what becomes of it: verdict, values and "
                            "every object that would be created.")  # fmt: skip
    yield click.Option(["-o", "--output"], type=click.Choice([YAML, JSON, NAME]),
                       help="Print the workload that is created, or would be, in this form, and all else on standard "
                            "error; with --dry-run=server, all that the dry run shows.")  # fmt: skip
    yield click.Option(["--kubeconfig"], metavar="FILE", type=click.Path(),
                       help="How to reach the cluster and as whom; else KUBECONFIG, else ~/.kube/config.")  # fmt: skip
