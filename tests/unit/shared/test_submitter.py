"""Who submitted a workload: the stamp of the API server, read back and asked for."""

from hypothesis import given
from hypothesis import strategies as st

from shared.names import SUBMITTED_BY_ANNOTATION, SUBMITTER_ANNOTATION
from shared.submitter import ESCAPES, EXTRA, GROUP, SEPARATOR, UID, Submitter

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(["a&group=b", "%26", "=", ""])


def escaped(text: str) -> str:
    """As the admission policy does, replacement by replacement."""
    for plain, written in ESCAPES.items():
        text = text.replace(plain, written)
    return text


def stamp(submitter: Submitter) -> dict[str, str]:
    """The annotations that the admission policy writes."""
    groups = [f"{GROUP}={escaped(group)}" for group in submitter.groups]
    extra = [f"{EXTRA}{escaped(key)}={escaped(value)}" for key, value in submitter.extra]
    whole = SEPARATOR.join([f"{UID}={escaped(submitter.uid)}", *groups, *extra])
    return {SUBMITTED_BY_ANNOTATION: submitter.user, SUBMITTER_ANNOTATION: whole}


@given(TEXTS, st.lists(TEXTS, max_size=4), st.lists(st.tuples(TEXTS, TEXTS), max_size=3))
def test_no_name_of_a_group_can_pose_as_another_one(uid: str, groups: list[str], extra: list[tuple[str, str]]) -> None:
    """P9: whatever UID, groups and extra values are called, the stamp says exactly these."""
    submitter = Submitter("jane", uid, tuple(groups), tuple(extra))
    assert Submitter.stamped(stamp(submitter)) == submitter


def test_who_is_not_stamped_whole_is_nobody() -> None:
    """P9: a workload without the stamp, or with a part that is not understood, has no submitter whose rights count."""
    whole = stamp(Submitter("jane", "1", ("a",)))
    for name in whole:
        assert Submitter.stamped({key: text for key, text in whole.items() if key != name}) is None
    for unknown in ("scope=x", "group", "", "uid=1&", "Group=a"):
        read = Submitter.stamped({**whole, SUBMITTER_ANNOTATION: unknown})
        assert read is None or (unknown, read.groups) == ("group", ("",))


def test_the_question_holds_all_that_an_authorizer_may_look_at() -> None:
    """P9: user, UID, groups and every extra value are asked with, for one Secret by name."""
    submitter = Submitter("jane", "7", ("a", "b"), (("scopes", "x"), ("scopes", "y"), ("pod", "p")))
    asked = submitter.asks_for("runai-a", "mine")
    attributes = {"verb": "get", "version": "v1", "resource": "secrets", "namespace": "runai-a", "name": "mine"}
    assert asked["spec"] == {
        "resourceAttributes": attributes,
        "user": "jane",
        "uid": "7",
        "groups": ["a", "b"],
        "extra": {"scopes": ["x", "y"], "pod": ["p"]},
    }
    assert Submitter("jane").asks_for("runai-a", "mine")["spec"] == {"resourceAttributes": attributes, "user": "jane"}
