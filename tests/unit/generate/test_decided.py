"""What binds those who may patch jobs, compared with the role that lets researchers patch them."""

from collections.abc import Iterator

from cli.cluster.project_parts import WORKLOADS, reader_rules, researcher_rules
from generate.admission import expected, policies
from generate.decided import deployments, jobs
from shared.names import DIGEST_ANNOTATION
from shared.outputs.kinds import OUTPUT_KINDS

READING = {"get", "list", "watch"}


def written() -> dict[str, set[str]]:
    """What a researcher may write: the verbs by resource and group."""
    found: dict[str, set[str]] = {}
    for rule in [*researcher_rules("runai-a"), *reader_rules()]:
        for name in (f"{one}.{group}" for group in rule["apiGroups"] for one in rule["resources"]):
            found.setdefault(name, set()).update(set(rule["verbs"]) - READING)
    return {name: verbs for name, verbs in found.items() if verbs}


def bound() -> Iterator[str]:
    """The resources whose changes the admission policies compare."""
    for spec in (jobs(), deployments()):
        for rule in spec["matchConstraints"]["resourceRules"]:
            yield from (f"{one}.{group}" for group in rule["apiGroups"] for one in rule["resources"])


def test_researchers_write_workloads_and_little_else() -> None:
    """P9: every verb of the role by name: nothing that runs can be created or replaced."""
    session = {key: {"create"} for key in ("pods/exec.", "pods/attach.", "pods/portforward.")}
    patched = {"runaijobs.run.ai", "mpijobs.kubeflow.org", "pytorchjobs.kubeflow.org", "deployments.apps"}
    assert written() == {
        **{f"{one}.run.ai": {"create", "update", "patch", "delete"} for one in WORKLOADS},
        **{key: {"patch", "delete"} for key in patched},
        **{key: {"delete"} for key in ("pods.", "services.serving.knative.dev")},
        **session,
    }


def test_every_job_that_researchers_patch_is_compared_with_what_was_decided() -> None:
    """P9: a kind that is added to the role needs its place in an admission policy."""
    patched = {name for name, verbs in written().items() if verbs & {"patch", "update"}}
    assert patched - {f"{one}.run.ai" for one in WORKLOADS} <= set(bound())
    kinds = {f"{kind.plural}.{version.partition('/')[0]}" for (_, version), kind in OUTPUT_KINDS.items()}
    assert set(bound()) - {"deployments/scale.apps"} <= kinds


def test_a_policy_that_says_something_else_has_another_digest() -> None:
    """P9: the resolver tells versions apart by digests, of which each is that of its own manifest."""
    digests = [digest for names in expected().values() for digest in names.values()]
    assert len(set(digests)) == len(digests)
    marked = [one["metadata"] for manifests in policies().values() for one in manifests]
    assert sorted(one["annotations"][DIGEST_ANNOTATION] for one in marked) == sorted(digests)
