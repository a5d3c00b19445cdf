"""`runai whoami`."""

from typing import Any

import click

from cli.cluster.connection import cluster, run
from cli.options.places import kubeconfig_option
from cli.printing.output import JSON, WIDE, YAML, output_option, show
from shared.inquiry.texts import printable
from shared.objects import JsonObject

PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@click.command()
@output_option(JSON, YAML, WIDE)
@kubeconfig_option
def whoami(output: str | None, kubeconfig: str | None) -> None:
    """Show which user the cluster sees; with -o wide, your groups too.

    Example: runai whoami
    """
    review = run(_ask(kubeconfig))
    person = review["status"]["userInfo"]
    if output in (JSON, YAML):
        show(review, output)
        return
    click.echo(printable(str(person.get("username") or "")))
    if output == WIDE:
        for group in person.get("groups") or []:
            click.echo(f"  {printable(str(group))}")


async def _ask(kubeconfig: str | None) -> JsonObject:
    question: Any = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    async with cluster(kubeconfig) as api:
        answer: JsonObject = await api.create(PATH, question)
    return answer
