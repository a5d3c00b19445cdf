"""The names of workloads, jobs, projects and nodes, as click types."""

import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


LONGEST_NAME: Final = 253
"""Longest name of a resource, in characters."""
LONGEST_PROJECT: Final = 57
"""Longest name of a project, in characters: its namespace `runai-<project>` is limited to 63."""


class Name(click.ParamType[str]):
    """A name that is completed from the cluster, such as that of a workload, job or project."""

    def __init__(self, what: str) -> None:
        self.name = what

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The completions for the prefix."""
        from click.shell_completion import CompletionItem

        from cli.options.completion import complete

        return [CompletionItem(name) for name in complete(self.name, ctx, incomplete)]


class ResourceName(Name):
    """A valid resource name; anything else must not become part of a path."""

    def __init__(self, what: str, longest: int, *, dots: bool = True) -> None:
        super().__init__(what)
        self._longest, self._dots = longest, dots

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or fail with a message."""
        part = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
        if not re.fullmatch(rf"{part}(\.{part})*" if self._dots else part, value):
            letters = "lower-case letters, digits, '-' and '.'" if self._dots else "lower-case letters, digits and '-'"
            self.fail(
                f"invalid {self.name} name {value!r}: expected {letters}, with a letter or digit at both ends",
                param,
                ctx,
            )
        if len(value) > self._longest:
            self.fail(f"invalid {self.name} name {value!r}: expected at most {self._longest} characters", param, ctx)
        return value


WORKLOAD_NAME: Final = ResourceName("workload", LONGEST_NAME)
PROJECT_NAME: Final = ResourceName("project", LONGEST_PROJECT, dots=False)
CLUSTER_NAME: Final = Name("cluster")
TEMPLATE_NAME: Final = ResourceName("template", LONGEST_NAME)
JOB_NAME: Final = ResourceName("job", LONGEST_NAME)
POD_NAME: Final = ResourceName("pod", LONGEST_NAME)
NODE_NAME: Final = ResourceName("node", LONGEST_NAME)
