"""JSON request bodies: reading one, and saying which of its fields is wrong."""

import json
from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from simulator.wire.errors import ApiError, invalid, unknown_parameter

type JsonObject = dict[str, Any]

UNPARSABLE = (
    "We could not parse the JSON body of your request. "
    "The OpenAI API expects a JSON payload, but what was sent was not valid JSON."
)
NO_OBJECT = "The JSON body of your request is not an object: put its fields into {...}."


async def read_object(request: Request, *, known: Collection[str] | None = None) -> JsonObject:
    """Read the body of a request; an absent body is an empty object.

    Args:
        known: Its parameters; any other is refused.

    Raises:
        ApiError: The body is not a JSON object, or has a parameter that does not exist.
    """
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        raise invalid(None, UNPARSABLE) from error
    if not isinstance(body, dict):
        raise invalid(None, NO_OBJECT)
    if known is not None:
        check_known(body, known)
    return body


def check_known(body: JsonObject, known: Collection[str], where: str = "") -> None:
    """Refuse a parameter that does not exist.

    Raises:
        ApiError: It names the first of them.
    """
    for key in body:
        if key not in known:
            raise unknown_parameter(path_of(where, key))


def path_of(where: str, key: str) -> str:
    """Name a parameter by its path in the request."""
    return f"{where}.{key}" if where else key


class Fields:
    """The fields of one JSON object, read by name; every refusal names the field by its whole path."""

    def __init__(self, body: object, path: str = "", *, known: Collection[str] | None = None) -> None:
        if not isinstance(body, dict):
            raise invalid(path or None, f"'{path or 'body'}' must be an object.")
        self.body: JsonObject = body
        self._path = path
        if known is not None:
            self.only(*known)

    def only(self, *known: str) -> None:
        """Refuse any field but these."""
        unknown = sorted(set(self.body) - set(known))
        if unknown:
            names = ", ".join(f"'{self.where(name)}'" for name in unknown)
            raise invalid(self.where(unknown[0]), f"Unknown: {names}.")

    def where(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def refuse(self, key: str, problem: str) -> ApiError:
        """Make the error for a field; the caller raises it."""
        return invalid(self.where(key), f"'{self.where(key)}' {problem}.")

    def text(self, key: str) -> str:
        value = self.body.get(key)
        if not isinstance(value, str) or not value:
            raise self.refuse(key, "must be a non-empty string")
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self.body.get(key) is None else self.text(key)

    def flag(self, key: str) -> bool:
        value = self.body.get(key, False)
        if not isinstance(value, bool):
            raise self.refuse(key, "must be true or false")
        return value

    def whole(self, key: str) -> int:
        value = self.body.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.refuse(key, "must be a whole number")
        return value

    def number(self, key: str, default: float, *, at_most: float = float("inf")) -> float:
        """Read a number that is not negative."""
        value = self.body.get(key, default)
        if not is_number(value) or not 0 <= value <= at_most:
            bound = "" if at_most == float("inf") else f" and {at_most:g}"
            raise self.refuse(key, f"must be a number {'between 0' if bound else 'of at least 0'}{bound}")
        return float(value)

    def probability(self, key: str) -> float:
        return self.number(key, 0.0, at_most=1)

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        values = self.body.get(key, list(default))
        if not isinstance(values, list) or not all(is_number(value) and value >= 0 for value in values):
            raise self.refuse(key, "must be a list of numbers of at least 0")
        return tuple(float(value) for value in values)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.body.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.refuse(key, "must be a list of strings")
        return tuple(values)

    def child(self, key: str, *, known: Collection[str] | None = None) -> "Fields":
        return Fields(self.body.get(key, {}), self.where(key), known=known)

    def children(self, key: str, *, known: Collection[str] | None = None) -> "list[Fields]":
        values = self.body.get(key, [])
        if not isinstance(values, list):
            raise self.refuse(key, "must be a list")
        return [Fields(value, f"{self.where(key)}[{at}]", known=known) for at, value in enumerate(values)]


def as_bytes(body: JsonObject) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def objects_in(value: object) -> list[JsonObject]:
    """Give the objects of a list; what is no list has none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
