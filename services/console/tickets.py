"""What makes a form one submission, however often it is sent.

The number marks the workload that the form creates, and the time when the form was made is a part of that workload's
name. So the same form, sent again, finds the workload that it has created.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from shared.names import DEFAULT_PREFIX, STAMP
from shared.objects import JsonObject

NUMBER: Final = re.compile(r"[0-9a-f]{16}")
MADE: Final = re.compile(r"\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d")


@dataclass(frozen=True)
class Ticket:
    """The number of a submission, and when its form was made."""

    number: str
    made: str

    @classmethod
    def new(cls) -> Self:
        """A ticket for a new form."""
        return cls(secrets.token_hex(8), f"{datetime.now(UTC):{STAMP}}")

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """The ticket that a form brought back; a new one if it is none of ours."""
        number, made = fields.get("number", ""), fields.get("made", "")
        return cls(number, made) if NUMBER.fullmatch(number) and MADE.fullmatch(made) else cls.new()

    def name(self, values: JsonObject) -> str:
        """The name of the workload with these values: as the job's, and the time."""
        return f"{values.get('name') or values.get('namePrefix') or DEFAULT_PREFIX}-{self.made}"
