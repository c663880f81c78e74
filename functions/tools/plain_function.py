"""Functions that are called and answer: neither async nor generators, whose call has done nothing yet."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

_FUNCTION_KEYS = ("function", "default_factory")
"""Where a core schema of pydantic has code of the user's own: validators, and factories of defaults."""


def is_async(function: object) -> bool:
    """Say whether a call gives something to be awaited; an object is called by its `__call__`."""
    return any(
        inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each)
        for each in (function, getattr(type(function), "__call__", None))  # noqa: B004 - the function itself
    )


def is_generator(function: object) -> bool:
    """Say whether a call gives a generator, of which nothing has run."""
    return any(map(inspect.isgeneratorfunction, (function, getattr(type(function), "__call__", None))))  # noqa: B004


def is_lazy(core_schema: Any) -> bool:  # noqa: ANN401 - any part of a core schema
    """Say whether pydantic would check a part of a value only when somebody reads it."""
    match core_schema:
        case Mapping():
            return core_schema.get("type") == "generator" or any(map(is_lazy, core_schema.values()))
        case list() | tuple():
            return any(map(is_lazy, core_schema))
        case _:
            return False


def async_functions(core_schema: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a core schema
    """Name the async functions that pydantic would call to check a value, and never await."""
    match core_schema:
        case Mapping():
            for key in _FUNCTION_KEYS:
                if is_async(function := core_schema.get(key)):
                    yield getattr(function, "__qualname__", repr(function))
            for part in core_schema.values():
                yield from async_functions(part)
        case list() | tuple():
            for part in core_schema:
                yield from async_functions(part)
        case _:
            return
