"""The caller's metadata: pairs of strings, as OpenAI takes them."""

import json
from typing import Annotated

from contracts.marks import MARKS
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

MAX_OPENAI_PAIRS = 16
MAX_PAIRS = MAX_OPENAI_PAIRS - len(MARKS)
PAIRS_IN_WORDS = "must be an object of strings: keys up to 64 characters, values up to 512"


def utf8[T](value: T) -> T:
    """Take a value that can be written as UTF-8.

    Raises:
        ValueError: It cannot.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("half a surrogate pair, which UTF-8 cannot say") from None
    return value


type MetadataKey = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(utf8)]
type MetadataValue = Annotated[str, Field(max_length=512), AfterValidator(utf8)]
type Metadata = dict[MetadataKey, MetadataValue]

METADATA = TypeAdapter[dict[str, str]](Metadata)


def is_metadata(value: object) -> bool:
    """Whether OpenAI takes a value as metadata, but for the number of its pairs."""
    try:
        METADATA.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
