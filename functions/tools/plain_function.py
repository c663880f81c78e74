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
    return any(part.get("type") == "generator" for part in parts(core_schema))


def async_functions(core_schema: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a core schema
    """Name the async functions that pydantic would call to check a value, and never await."""
    functions = (part.get(key) for part in parts(core_schema) for key in _FUNCTION_KEYS)
    return (getattr(each, "__qualname__", repr(each)) for each in functions if is_async(each))


def parts(core_schema: Any) -> Iterator[Mapping[Any, Any]]:  # noqa: ANN401 - any part of a core schema
    """Give every part of a core schema that says something by names, each before those in it."""
    match core_schema:
        case Mapping():
            yield core_schema
            for part in core_schema.values():
                yield from parts(part)
        case list() | tuple():
            for part in core_schema:
                yield from parts(part)
        case _:
            return
