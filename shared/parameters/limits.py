"""How much the system takes, once: definitions, checks, messages and sentences read it here.

Limits keep any one object small enough for the API server's store and for one message on the bus.
"""

from typing import Final

LARGEST_VALUES_SET: Final = 512
"""KiB of JSON. What is decided travels in one message and is kept in one ConfigMap, whose limits are 1024 KiB."""
LARGEST_DECISION: Final = 960
"""KiB of JSON of values set and provenance together; the rest of those 1024 is for names, labels and sources."""
MAX_MESSAGE_BYTES: Final = LARGEST_VALUES_SET * 1024
"""Bytes of a workload's spec, and of each message that carries one."""
LARGEST_TEXT: Final = LARGEST_VALUES_SET * 1024
"""Bytes of text that the items of a workload may hold in all."""
LARGEST_OBJECT: Final = 1408
"""KiB that an object may have when it is created. The API server's store takes requests of 1.5 MiB; the rest is room
for what the server adds by itself, such as who manages which field."""
MOST_ITEMS: Final = 256
"""Items that one parameter of one resource may have."""
MOST_SECRETS: Final = 16
"""Different Secrets that one workload may refer to; each costs a check, and the API server bounds the cost of all."""
MOST_EVENTS: Final = 50
"""Events that a workload's status keeps; the oldest go first."""
MOST_VIOLATIONS: Final = 200
"""Violations that a workload's status lists."""
