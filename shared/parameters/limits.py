"""The limits of the system. Definitions, checks, messages and sentences all read them here.

Limits keep any one object small enough for the API server's store and for one message on the bus.
"""

from typing import Final

LARGEST_VALUES_SET: Final = 512
"""KiB of JSON. A decision travels in one message and is kept in one ConfigMap, each limited to 1024 KiB."""
LARGEST_DECISION: Final = 960
"""KiB of JSON of values set and provenance together. The rest of the 1024 is for names, labels and sources."""
MAX_MESSAGE_BYTES: Final = LARGEST_VALUES_SET * 1024
"""The most bytes of a workload's spec, and of each message that carries one."""
LARGEST_TEXT: Final = LARGEST_VALUES_SET * 1024
"""The most bytes of text in all items of a workload together."""
LARGEST_OBJECT: Final = 1408
"""The most KiB of an object when it is created. The API server's store takes requests of 1.5 MiB; the rest is for what
the server adds itself, such as managed fields."""
MOST_ITEMS: Final = 256
"""The most items of one parameter of a resource."""
MOST_SECRETS: Final = 16
"""The most Secrets that one workload may refer to. Each costs a check, and the API server limits the total cost."""
MOST_STEPS: Final = 64
"""Steps of its submission that a workload's status keeps."""
MOST_EVENTS: Final = 50
"""The most events in a workload's status; the oldest are dropped first."""
MOST_VIOLATIONS: Final = 200
"""The most violations in a workload's status."""
