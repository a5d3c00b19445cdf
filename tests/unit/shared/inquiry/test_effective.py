"""A policy as people may see and edit it."""

from shared.inquiry.effective import restored, secretless
from shared.parameters.kinds import TRAINING
from shared.parameters.secrecy import HIDDEN

STORED = {
    "gpu": {"rules": {"max": "4"}},
    "environment": {"items": {"API_TOKEN": {"value": "hunter-2"}}},
    "unknown": {"anything": 1},
}


def test_secret_defaults_are_hidden_and_come_back_unchanged() -> None:
    """Who edits one rule does not lose, and does not see, the secrets of others."""
    shown = secretless(TRAINING, STORED)
    assert "hunter-2" not in str(shown)
    assert HIDDEN in str(shown)
    edited = {**shown, "gpu": {"rules": {"max": "2"}}}
    assert restored(TRAINING, edited, STORED) == {**STORED, "gpu": {"rules": {"max": "2"}}}


def test_what_is_taken_out_stays_out() -> None:
    """Only what is left in the text has secrets to restore."""
    assert restored(TRAINING, {}, STORED) == {}
