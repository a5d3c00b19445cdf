"""Every sentence that tells a person what is wrong with a value, in one place.

A sentence is shown after the path of what it speaks of: `gpu: must be no greater than 4`. It starts in lower case,
ends without a period and says what to do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

# ---------------------------------------------------------------- the forms of values, also shown by `kubectl explain`
DECIMAL: Final = "a decimal number such as 1 or 0.5"
GPUS: Final = "a whole number of GPUs, or a fraction of one GPU such as 0.5"
QUANTITY: Final = "a quantity such as 500M, 1.5G or 40Gi"
DURATION: Final = "a duration such as 30s, 5m or 1h30m"
WHOLE_NUMBER: Final = "a whole number"
TRUE_OR_FALSE: Final = "true or false"
TEXT: Final = "a string; put it in quotes where it looks like a number, true or false"
LINE: Final = "text of one line, no longer than 253 characters"
OBJECT: Final = "an object with named members"
LABEL_OF_ITEM: Final = "letters, digits, '-', '_' and '.', no more than 63, with a letter or digit at both ends"
JOB_NAME: Final = (
    "a name of lower case letters, digits and '-', starting with a letter and ending with a letter or digit, "
    "no longer than 63 characters"
)
IMAGE: Final = "the name of a container image, without spaces, such as jupyter/scipy-notebook:latest"
WORDS: Final = "words separated by spaces, quoted as in a shell, with every quote closed"
ENVIRONMENT_NAME: Final = "a variable's name: letters, digits, '_', '-' and '.', not starting with a digit"
ENVIRONMENT_VALUE: Final = "a string, or SECRET:<name>,<key> for the value of a key of a Secret"
SECRET_REFERENCE: Final = "SECRET:<name>,<key>, naming a Secret of the project and one of its keys"  # noqa: S105 - a form, no secret
LABEL_KEY: Final = (
    "a key such as team or example.com/team: letters, digits, '-', '_' and '.', no more than 63, "
    "with a letter or digit at both ends, after an optional domain and '/'"
)
LABEL_VALUE: Final = "letters, digits, '-', '_' and '.', no more than 63, with a letter or digit at both ends"
ABSOLUTE_PATH: Final = "an absolute path, starting with '/'"
MOUNT_PATH: Final = "an absolute path, starting with '/', without ':'"
SOURCE_PATH: Final = "an absolute path, starting with '/', without '..'"
HOST: Final = "the name or address of a host"


def described(form: str) -> str:
    """A form as a sentence of its own, for a description."""
    return f"{form[0].upper()}{form[1:]}."


# ---------------------------------------------------------------- a value on its own
def must_be(form: str) -> str:
    """The value does not have its form."""
    return f"must be {form}"


def one_of(choices: Sequence[str]) -> str:
    """The value is none of its closed list."""
    return f"must be one of {', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else f"must be {choices[0]}"


def no_less_than(bound: object) -> str:
    """The value is below its bound, which is written as its author wrote it."""
    return f"must be no less than {bound}"


def no_greater_than(bound: object) -> str:
    """The value is above its bound, which is written as its author wrote it."""
    return f"must be no greater than {bound}"


def no_longer_than(characters: int) -> str:
    """The text is longer than can be kept."""
    return f"must be no longer than {characters} characters"


def cannot_be_blank() -> str:
    """A value is needed and there is none, or only an empty one."""
    return "cannot be blank"


def unknown_member(known: Sequence[str]) -> str:
    """The object holds a member that it cannot have."""
    return f"is not known here; its place takes {', '.join(known)}"


def of_pydantic(error: Mapping[str, Any]) -> str:
    """Our sentence for one of Pydantic's own errors; a type's own error already carries its sentence."""
    match error["type"]:
        case "missing":
            return cannot_be_blank()
        case "greater_than_equal":
            return no_less_than(error["ctx"]["ge"])
        case "less_than_equal":
            return no_greater_than(error["ctx"]["le"])
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return must_be(WHOLE_NUMBER)
        case "bool_type" | "bool_parsing":
            return must_be(TRUE_OR_FALSE)
        case "string_type":
            return must_be(TEXT)
        case "model_type" | "model_attributes_type" | "dict_type":
            return must_be(OBJECT)
        case _:
            return str(error["msg"])


# ---------------------------------------------------------------- what the API server says for us
TEMPLATE_WITH_BASE: Final = "a template cannot have a base workload"
SPEC_IMMUTABLE: Final = "a submitted workload cannot be changed; create another one"
USAGE_IMMUTABLE: Final = "cannot be changed; create another workload"
TOO_LARGE: Final = "the workload is larger than 512 KiB, which is the limit"
TOO_MANY_SECRETS: Final = "no more than 16 different Secrets can be referred to"


def secret_denied(secret: str, user: str) -> str:
    """CEL that says who may not read which Secret; `secret` and `user` are CEL too, filled in by the API server."""
    return f"'environment: ' + {user} + ' cannot read Secret ' + {secret} + ', so no workload of theirs can use it'"
