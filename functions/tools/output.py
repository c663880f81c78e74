"""What a tool returned, as the model gets it: it has returned, so whatever it is, the call has succeeded.

A string is taken as it is, anything else as JSON. What JSON or UTF-8 cannot say is said as well as can be:
an object as its `repr`, half a surrogate pair or a broken byte as a replacement character, a number that is
none as `null`, with a word to the model about it.
"""

import codecs
import inspect
from collections.abc import AsyncGenerator, Awaitable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from math import isfinite
from types import GeneratorType
from typing import Any

from contracts.content import is_content
from pydantic_core import from_json, to_json

from functions.tools.json_types import in_json_types

MAX_CHARACTERS = 10_485_760
"""Of one output OpenAI takes no more; a longer one would end its run."""

CUT = "What was returned is longer than OpenAI takes; the model was told its beginning."
NOT_A_NUMBER = "A number that JSON cannot say (NaN or an infinity) stands as null."
IN_OTHER_WORDS = "What was returned cannot be written as JSON; it was told as well as can be."

codecs.lookup("utf-16-le")  # its module is read now: a tool may leave its process no file to be opened


@dataclass(frozen=True, slots=True)
class Output:
    """What the model is told.

    Attributes:
        text: For content parts, the JSON of their list.
        note: What was told in other words; for people.
    """

    text: str
    is_content: bool = False
    note: str | None = None

    @property
    def shortened(self) -> "Output":
        """The same, but for the rest of a text that is too long for OpenAI."""
        if self.is_content or len(self.text) <= MAX_CHARACTERS:
            return self
        left_out = f"\n[{len(self.text)} characters; the rest was left out.]"
        text = self.text[: MAX_CHARACTERS - len(left_out)] + left_out
        return replace(self, text=text, note="\n".join(filter(None, (self.note, CUT))))


def well_formed(text: str) -> str:
    """Replace each half of a surrogate pair, which UTF-8 cannot say.

    What inherits from `str` becomes one, and none of its own code runs: it may raise.
    """
    return str.encode(text, "utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def returned(value: Any) -> Any:  # noqa: ANN401 - whatever a tool returns
    """Take what a tool's function gave; a generator is run to its end, for it is the tool's own code.

    Raises:
        TypeError: It is still to be awaited, so the tool has not run.
    """
    kind = type(value)  # and not its `__class__`, which may be code of its own
    if issubclass(kind, Awaitable | AsyncGenerator) or (kind is GeneratorType and inspect.isawaitable(value)):
        raise TypeError("the tool gave something to be awaited; a tool is a plain function")
    return list(value) if issubclass(kind, Iterator) else value


def output_of(value: Any) -> Output:  # noqa: ANN401 - whatever a tool returns
    """Write a value as the model gets it. Never raises."""
    try:
        if isinstance(value, str):
            text = well_formed(value)
            return Output(text, note=None if str.__eq__(text, value) else IN_OTHER_WORDS)
        plain = in_json_types(value)
        text = to_json(plain, inf_nan_mode="constants").decode()
        if _is_json(text, plain):
            return Output(text, is_content=is_content(plain))
    except BaseException:  # noqa: BLE001 - the code of whatever was returned may raise anything
        return _in_other_words(value)
    return _in_other_words(plain)


def output_of_json(payload: bytes) -> Output:
    """Read what another runtime returned: a JSON string for its text, and anything else as it is."""
    text = payload.decode("utf-8", "replace")
    note = None if "\N{REPLACEMENT CHARACTER}" not in text else IN_OTHER_WORDS
    try:
        value = from_json(text)
    except ValueError:  # a runtime of one's own may answer with anything
        return Output(text, note=note)
    if isinstance(value, str):
        return Output(value, note=note)
    if names_nan(text):
        output = _in_other_words(value)
        return replace(output, note="\n".join(filter(None, (note, output.note))))
    return Output(text, is_content(value), note)


def names_nan(text: str) -> bool:
    """Say whether a text that could be read names NaN or an infinity, which JSON does not know."""
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError:
        return True
    return False


def _is_json(text: str, plain: Any) -> bool:  # noqa: ANN401 - any JSON
    """Say whether a text is JSON, which knows neither NaN nor infinities; Python's does."""
    may_have_one = "NaN" in text or "Infinity" in text
    return not may_have_one or text == to_json(plain, inf_nan_mode="null").decode()


def _in_other_words(value: Any) -> Output:  # noqa: ANN401 - whatever a tool returns
    said: set[str] = set()
    try:
        told = _told(value, said)
        if isinstance(told, str):
            return Output(told, note=IN_OTHER_WORDS)
        if NOT_A_NUMBER in said:
            told = _with_note(told)
        return Output(to_json(told).decode(), is_content(told), "\n".join(sorted(said)) or IN_OTHER_WORDS)
    except BaseException:  # noqa: BLE001 - it may hold itself, or nest without end
        return Output(_repr(value), note=IN_OTHER_WORDS)


def _with_note(told: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    if isinstance(told, dict) and "note" not in told:
        return {**told, "note": NOT_A_NUMBER}
    return {"output": told, "note": NOT_A_NUMBER}


def _told(value: Any, said: set[str]) -> Any:  # noqa: ANN401 - whatever a tool returns
    """Write a value as JSON can say it, part by part, and add what it could not say."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return _number(value, said)
        case str() | bytes() | bytearray():
            return _text(value, said)
        case Mapping():
            return {_key(name): _told(each, said) for name, each in value.items()}
        case list() | tuple() | AbstractSet():
            return [_told(each, said) for each in value]
        case _:
            return _thing_told(value, said)


def _number(value: float, said: set[str]) -> float | None:
    if isfinite(value):
        return value
    said.add(NOT_A_NUMBER)
    return None


def _text(value: str | bytes | bytearray, said: set[str]) -> str:
    text = well_formed(value) if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
    if str.__eq__(text, value) is not True:
        said.add(IN_OTHER_WORDS)
    return text


def _thing_told(value: Any, said: set[str]) -> Any:  # noqa: ANN401 - whatever a tool returns
    try:
        plain = in_json_types(value)
    except BaseException:  # noqa: BLE001 - its own code may raise anything
        said.add(IN_OTHER_WORDS)
        return _repr(value)
    return _told(plain, said)


def _key(name: object) -> str:
    return well_formed(name) if isinstance(name, str) else _repr(name)


def _repr(value: object) -> str:
    try:
        return well_formed(repr(value))
    except BaseException:  # noqa: BLE001 - its own code may raise anything
        return f"<{type(value).__name__}>"
