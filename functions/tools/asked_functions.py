"""Functions of the user's own that a tool asks: whether a person decides, whether a call took effect."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from functions.tools.plain_function import is_async, is_generator


def wanted(function: Callable[..., Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Pick what a function takes by name."""
    parameters = inspect.signature(function).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    return {name: value for name, value in known.items() if takes_any or name in parameters}


def check_verify(tool_name: str, function: Callable[..., Any]) -> None:
    """See whether a function can say if a call took effect.

    Raises:
        TypeError: It cannot; the message names the tool.
    """
    _check_answers(tool_name, "verify", function)
    if not _accepts(function, "key", {}):
        raise TypeError(f"the verify function of {tool_name} does not take (key, arguments)")


def check_approval(tool_name: str, function: Callable[..., Any], names: Iterable[str]) -> None:
    """See whether a function can say if a person decides, from arguments of these names.

    Raises:
        TypeError: It cannot; the message names the tool.
    """
    _check_answers(tool_name, "approval", function)
    if not _accepts(function, **wanted(function, dict.fromkeys(names))):
        raise TypeError(f"the approval function of {tool_name} wants more than its arguments")


def _check_answers(tool_name: str, kind: str, function: object) -> None:
    if is_async(function) or is_generator(function):
        raise TypeError(
            f"the {kind} function of {tool_name} is async or a generator, and never answers: "
            "write def, and return the answer"
        )
    if not _is_readable(function):
        raise TypeError(
            f"the {kind} function of {tool_name} is a class, a builtin or without a signature, "
            f"{function!r}: write it with def, or as a lambda"
        )


def _is_readable(function: Any) -> bool:  # noqa: ANN401 - whatever was given as one
    """Say whether a function is one of the user's own, whose parameters can be read."""
    try:
        inspect.signature(function)
    except Exception:  # noqa: BLE001 - an object may make up its signature with code of its own
        return False
    while isinstance(function, partial):
        function = function.func
    return not (inspect.isclass(function) or inspect.isbuiltin(function))


def _accepts(function: Callable[..., Any], *positional: Any, **named: Any) -> bool:  # noqa: ANN401
    try:
        inspect.signature(function).bind(*positional, **named)
    except TypeError:
        return False
    return True
