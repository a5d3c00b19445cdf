"""Messages that cannot be read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.messages import MESSAGES, JobObserved, Message
from shared.parameters.kinds import KINDS, Kind

MARK = "Hunter2Secret"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: one.subject)
def test_the_log_line_about_an_unreadable_message_quotes_nothing_of_it(message: type[Message]) -> None:
    """P9: a message of a wrong form may hold a secret anywhere, and its error is logged."""
    spec = [{"environment": {"items": {"DB_PASSWORD": {"value": MARK}}}}]
    wrong = dict.fromkeys(["spec", "job", "child", "workload", "valuesSet", "violations", "created", "events"], spec)
    for text in (json.dumps(wrong), json.dumps(MARK), f'{{"spec": {{"a": "{MARK}'):
        with pytest.raises(ValidationError) as caught:
            message.model_validate_json(text)
        assert MARK not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nor_does_the_error_of_a_values_set(kind: Kind) -> None:
    """P9: the error of a values set that cannot be read, which is logged as a bug, quotes nothing of it."""
    values = {"environment": [MARK], "gitSync": {"a": {"password": MARK, "other": MARK}}, "unknown": MARK}
    with pytest.raises(ValidationError) as caught:
        kind.values.model_validate(values)
    assert MARK not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OWNED = st.fixed_dictionaries({}, optional={"name": JSON, "namespace": JSON, "uid": JSON, "ownerReferences": JSON})


@given(st.fixed_dictionaries({}, optional={"metadata": JSON | OWNED, "spec": JSON}))
def test_a_job_of_any_shape_is_unreadable_or_can_be_named(job: dict[str, Any]) -> None:
    """P8: what somebody makes up on the bus is set aside as unreadable, and never fails before it is handled."""
    try:
        event = JobObserved(job=job)
    except ValidationError:
        return
    assert "/" in str(event.about["job"])
    assert isinstance(event.tenant, str)
    assert isinstance(event.submission, str)
