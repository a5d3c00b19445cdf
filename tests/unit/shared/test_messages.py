"""Messages that cannot be read."""

import json

import pytest
from pydantic import ValidationError

from shared.messages import MESSAGES, Message
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
