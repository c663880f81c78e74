"""Any value in the types of JSON, and in floats that are no numbers, which JSON cannot say.

Pydantic's models write those within an `Any` as null, as if there had been none; here they stand.
"""

from math import isfinite
from typing import Any

from pydantic_core import SchemaSerializer, core_schema, to_json, to_jsonable_python

_anything = SchemaSerializer(core_schema.any_schema())


def in_json_types(value: Any) -> Any:  # noqa: ANN401 - whatever a tool returns
    """Write a value as dicts, lists, texts, numbers, true, false and null.

    Raises:
        Exception: It cannot be written, or its own code raises.
    """
    plain = to_jsonable_python(value)
    if b"null" not in to_json(plain, inf_nan_mode="constants"):
        return plain
    try:
        in_python = to_jsonable_python(_anything.to_python(value, warnings=False))
    except Exception:  # noqa: BLE001 - its own code may be for JSON alone
        return plain
    return _with_numbers(plain, in_python)


def _with_numbers(plain: Any, in_python: Any) -> Any:  # noqa: ANN401 - any JSON
    """Put back each number that is none where null stands for it."""
    match plain, in_python:
        case None, float() if not isfinite(in_python):
            return in_python
        case dict(), dict():
            return {name: _with_numbers(each, in_python.get(name)) for name, each in plain.items()}
        case list(), list() if len(plain) == len(in_python):
            return [_with_numbers(*pair) for pair in zip(plain, in_python, strict=True)]
        case _:
            return plain
