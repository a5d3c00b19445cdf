"""Base types of all values: text with a form of its own, and a choice from a closed list."""

import re
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.parameters import sentences


class Family(StrEnum):
    """A family of types, whose values take the same policy rules and compare in the same way."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    QUANTITY = "quantity"
    BOOLEAN = "boolean"
    DURATION = "duration"
    OBJECT = "object"


def wrong(sentence: str) -> PydanticCustomError:
    """An error with exactly `sentence` as its message."""
    return PydanticCustomError("form", "{sentence}", {"sentence": sentence})


def is_blank(raw: object) -> bool:
    """Whether `raw` is text without any characters but spaces."""
    return isinstance(raw, str) and not raw.strip()


class Text(str):
    """Text with a form of its own: `form` describes it to people, and `fits` decides."""

    family: ClassVar[Family] = Family.STRING
    form: ClassVar[str] = sentences.TEXT
    pattern: ClassVar[re.Pattern[str] | None] = None
    longest: ClassVar[int] = 1024
    """The most characters that the API server admits. The form may allow fewer, and reports that in our own words."""
    blank: ClassVar[bool] = False
    """Whether empty text is a value."""
    omissible: ClassVar[bool] = False
    """Whether an item may leave its value out, because its label is enough; the value is then empty text."""

    @classmethod
    def read(cls, raw: object) -> Self:
        """Read `raw` as a value, or raise an error that says what is wrong with it."""
        text = cls.text_of(raw)
        if text is None:
            raise wrong(sentences.must_be(cls.form))
        if is_blank(text) and not cls.blank:
            raise wrong(sentences.cannot_be_blank())
        if len(text) > cls.longest:
            raise wrong(sentences.no_longer_than(cls.longest))
        value = cls(text)
        mistake = value.mistake()
        if mistake:
            raise wrong(mistake)
        return value

    @classmethod
    def absent(cls, raw: object) -> bool:
        """Whether `raw` is empty text, which means the same as no value if a value is optional."""
        return not cls.blank and is_blank(raw)

    @classmethod
    def text_of(cls, raw: object) -> str | None:
        """The text of `raw`, or None if it is not text."""
        return str(raw) if isinstance(raw, str) else None

    @property
    def meaning(self) -> object:
        """The meaning of the text: two values of a type are the same if their meanings are equal."""
        return str(self)

    def mistake(self) -> str | None:
        """What is wrong with this text, or None if it is valid."""
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
        """The schema that the API server checks: type and length, but not the form."""
        return {"type": "string", "maxLength": cls.longest, "description": sentences.described(cls.form)}


class Choice(StrEnum):
    """A choice from a closed list, in upper or lower case; a subclass lists the members in their canonical spelling."""

    @classmethod
    def fold(cls, text: str) -> str:
        """The part of a text that distinguishes it from the other choices."""
        return text.casefold()

    @classmethod
    def absent(cls, raw: object) -> bool:
        """Whether `raw` is empty text, which means the same as no value if a value is optional."""
        return is_blank(raw)

    @classmethod
    def read(cls, raw: object) -> Self:
        """Read `raw` as a member, or raise an error that lists all members."""
        found = next((one for one in cls if isinstance(raw, str) and cls.fold(one) == cls.fold(raw)), None)
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
        """The schema that the API server checks: a short string. We check the members, since case does not matter."""
        return {"type": "string", "maxLength": 64, "description": f"One of {', '.join(cls)}."}
