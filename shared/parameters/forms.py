"""What every type of value is made from: text with a form of its own, and one of a closed list."""

import re
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.parameters import sentences


class Family(StrEnum):
    """What values of a type have in common: which policy rules fit them, and how two of them compare."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    QUANTITY = "quantity"
    BOOLEAN = "boolean"
    DURATION = "duration"
    OBJECT = "object"


def wrong(sentence: str) -> PydanticCustomError:
    """An error that says exactly `sentence`."""
    return PydanticCustomError("form", "{sentence}", {"sentence": sentence})


class Text(str):
    """Text with a form of its own: `form` says it to people, `fits` decides."""

    family: ClassVar[Family] = Family.STRING
    form: ClassVar[str] = sentences.TEXT
    pattern: ClassVar[re.Pattern[str] | None] = None
    longest: ClassVar[int] = 1024
    """Characters that the API server lets in. The form may ask for fewer, and says so in our own words."""
    blank: ClassVar[bool] = False
    """Whether empty text is a value."""
    omissible: ClassVar[bool] = False
    """Whether an item may leave its value out, which then is the empty text: its label says it all."""

    @classmethod
    def read(cls, raw: object) -> Self:
        """The value written as `raw`, or an error that says what is wrong with it."""
        text = cls.text_of(raw)
        if text is None:
            raise wrong(sentences.must_be(cls.form))
        if not text.strip() and not cls.blank:
            raise wrong(sentences.cannot_be_blank())
        if len(text) > cls.longest:
            raise wrong(sentences.no_longer_than(cls.longest))
        value = cls(text)
        mistake = value.mistake()
        if mistake:
            raise wrong(mistake)
        return value

    @classmethod
    def text_of(cls, raw: object) -> str | None:
        """The text of what was written, or None where it is something else than text."""
        return str(raw) if isinstance(raw, str) else None

    @property
    def meaning(self) -> object:
        """What the text stands for: two values of a type are the same where this is equal."""
        return str(self)

    def mistake(self) -> str | None:
        """What is wrong with this text, or None."""
        return None if self.fits() else sentences.must_be(self.form)

    def fits(self) -> bool:
        """Whether this text has the form."""
        return self.pattern is None or self.pattern.fullmatch(self) is not None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read by `read`, written as plain text."""
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(str.__str__)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What the API server is to check: the shape and the length, not the form."""
        return {"type": "string", "maxLength": cls.longest, "description": sentences.described(cls.form)}


class Choice(StrEnum):
    """One of a closed list, in any case of letters; a subclass lists the members as Kubernetes or we spell them."""

    @classmethod
    def read(cls, raw: object) -> Self:
        """The member written as `raw`, or an error that lists them all."""
        found = next((choice for choice in cls if isinstance(raw, str) and choice.casefold() == raw.casefold()), None)
        if found is None:
            raise wrong(sentences.one_of(list(cls)))
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read by `read`, written as plain text."""
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(lambda choice: choice.value)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What the API server is to check: a short string. Which ones, we say ourselves, since case does not count."""
        return {"type": "string", "maxLength": 64, "description": f"One of {', '.join(cls)}."}
