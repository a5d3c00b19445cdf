"""Objects whose every text tries to become markup, script or an escape sequence, and the look for what came of it."""

import asyncio
from typing import Any, Final

from playwright.async_api import Page

from shared.objects import Manifest
from tests.integration.harness.cluster import Cluster
from tests.integration.harness.manifests import policy, training

WORD: Final = "\"'><img/data-evil/src=x/onerror=alert(1)><script>alert(2)</script>{{7*7}}</template></textarea>"
"""Without space, as in the name of an image."""
TEXT: Final = f'{WORD}<a data-evil href="javascript:alert(3)" hx-on:click="alert(4)">a</a><hx-partial hx-target="body">'
ESCAPES: Final = "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\\x1b[2J\u202etxt"
SHORT: Final = "<b data-evil>b</b>"
TEMPLATE, TAKEN, REFUSED = "hostile-base", "hostile", "hostile-refused"

IN_MARKUP: Final = """() => [...document.querySelectorAll("*")].flatMap(one => [
  ...(one.hasAttribute("data-evil") ? [one.outerHTML] : []),
  ...[...one.attributes].filter(({name, value}) =>
    /^(on|hx-on)/.test(name) || /^(href|src|action|formaction)$/.test(name) && /^\\s*(javascript|data):/i.test(value)
  ).map(({name, value}) => `${one.tagName} ${name}=${value}`),
]).slice(0, 5)"""


async def in_markup(page: Page) -> list[str]:
    """The elements and attributes that came from a hostile text."""
    return list(await page.evaluate(IN_MARKUP))


def rules(namespace: str) -> Manifest:
    """A policy whose texts are hostile: values, options, what they are called, and labels' values."""
    return policy(
        "TrainingPolicy",
        namespace,
        "hostile-policy",
        imagePullPolicy={"rules": {"options": [{"value": "Always", "displayed": TEXT}]}, "value": "Always"},
        environment={"items": {"FROM_POLICY": {"rules": {"canRemove": False}, "value": TEXT}}},
        command={"value": "sleep '" + TEXT.replace("'", "") + "'", "rules": {"canEdit": False}},
    )


def template(namespace: str) -> Manifest:
    """A template whose values are hostile."""
    return training(
        TEMPLATE,
        namespace,
        usage="Template",
        image=WORD,
        environment={"FROM_BASE": TEXT + ESCAPES, "LINES": f"one\n\ttwo\r\n{SHORT}"},
        annotations={"said": TEXT + ESCAPES},
        workingDir=f"/{TEXT}",
    )


def submitted(namespace: str) -> Manifest:
    """A workload that is submitted with these values, and has an annotation of its own."""
    manifest = training(TAKEN, namespace, baseWorkload=TEMPLATE, name=TAKEN, environment={"MINE": TEXT})
    manifest["metadata"]["annotations"] = {"example.com/said": TEXT}
    return manifest


def refused(namespace: str) -> Manifest:
    """A workload that is refused, with sentences about these values."""
    return training(REFUSED, namespace, image=WORD, name=REFUSED, annotations={"example.com/said": TEXT})


def event_about(item: Manifest) -> Manifest:
    """An event whose texts are hostile."""
    metadata = item["metadata"]
    about = {"kind": item["kind"], "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.hostile", "namespace": metadata["namespace"]},
        "involvedObject": about,
        "type": TEXT,
        "reason": TEXT,
        "message": TEXT + ESCAPES,
        "source": {"component": TEXT},
        "lastTimestamp": "2026-04-16T07:00:00Z",
    }


async def furnished(administrator: Cluster, namespace: str) -> None:
    """Put all of them into the project, once each has ended as it will."""
    for manifest in (rules(namespace), template(namespace), submitted(namespace), refused(namespace)):
        await administrator.create(manifest)
    await asyncio.gather(administrator.submitted(submitted(namespace)), administrator.failed(refused(namespace)))
    await administrator.create(event_about(await administrator.get("trainingworkloads", TAKEN, namespace)))


async def spoiled(administrator: Cluster, job: Manifest, pod: str) -> None:
    """Let the status of a job and of its pod say hostile things."""
    name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
    waits = {"name": name, "ready": False, "restartCount": 0, "image": WORD, "imageID": ""}
    status: dict[str, Any] = {
        "phase": "Pending",
        "reason": WORD,
        "message": TEXT,
        "containerStatuses": [{**waits, "state": {"waiting": {"reason": WORD, "message": TEXT}}}],
    }
    await administrator.patch("pods", pod, namespace, {"status": status}, "status")
    await administrator.create(event_about(await administrator.get("pods", pod, namespace)))
