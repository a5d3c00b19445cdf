"""References in texts to environment variables: `$(NAME)`, which Kubernetes follows, and `$NAME`, which a shell does.

Pure. Kubernetes follows a reference only to a variable that stands before it, and leaves every other one as it is.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

FOLLOWED: Final = re.compile(r"\$\$+|\$\(([^)]*)\)")
"""A reference that Kubernetes follows. `$$(NAME)` is not one."""
OF_SHELL: Final = re.compile(
    r"(?P<dollars>\$\$+)|(?<!\\)(?P<escapes>(?:\\\\)*)\$(?:\{(?P<braced>\w+)\}|(?P<bare>\w+))", re.ASCII
)
"""A reference `${NAME}` or `$NAME`, as a shell reads it. `$$NAME` and `\\$NAME` are none."""


def expandable(text: str, names: Collection[str]) -> str:
    """`text` with references to variables of these `names` in the notation that Kubernetes follows.

    `${RUNAI_PROJECT}` becomes `$(RUNAI_PROJECT)`. All other references are left to the reader of the text, such as a
    shell in the container. So are consecutive dollars, of which Kubernetes would remove every second one.
    """

    def rewritten(found: re.Match[str]) -> str:
        if found["dollars"]:
            return 2 * found["dollars"]
        name = found["braced"] or found["bare"]
        return f"{found['escapes']}$({name})" if name in names else found[0]

    return OF_SHELL.sub(rewritten, text)


def followed(text: str) -> Iterator[str]:
    """The names of the variables that Kubernetes looks for in `text`."""
    return (found[1] for found in FOLLOWED.finditer(text) if found[1])


def in_order(variables: Mapping[str, str]) -> list[str]:
    """The names of the variables, each after those that it refers to.

    They keep the given order if some refer to each other in a circle, which `circles` reports.
    """
    graph = _references(variables)
    sorter = TopologicalSorter(dict.fromkeys(graph, ()))  # first all names, so that they keep their order if they can
    for name, others in graph.items():
        sorter.add(name, *others)
    try:
        return list(sorter.static_order())
    except CycleError:
        return list(variables)


def circles(variables: Mapping[str, str]) -> Iterator[list[str]]:
    """The circles of variables that refer to each other. Each begins and ends with the same name."""
    graph, places = _references(variables), {name: place for place, name in enumerate(variables)}
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1][:0:-1]  # each name refers to the next one, and the last one to the first
            start = circle.index(min(circle, key=places.__getitem__))
            yield [*circle[start:], *circle[: start + 1]]
            graph = {name: others - set(circle) for name, others in graph.items() if name not in circle}
        else:
            return


def _references(variables: Mapping[str, str]) -> dict[str, set[str]]:
    """The other variables that each variable refers to, by name."""
    return {name: {other for other in followed(text) if other in variables} for name, text in variables.items()}
