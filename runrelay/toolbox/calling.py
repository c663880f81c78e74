"""Calling one tool here, as Lambda would: in a process of its own, and for as long as it may take."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, assert_never

from pydantic import ValidationError

from functions.tools.child import Died, Lost, NotBegun, Raised, Returned, TimedOut, run_in_child
from functions.tools.output import Output, output_of, returned
from functions.tools.tool import Tool, ToolError
from runrelay.command_line import CommandError
from runrelay.testing import a_tool_context, given_secrets

type Asks = Literal["yes", "no", "yes, for its approval function gave no answer"]


@dataclass(frozen=True, slots=True)
class Called:
    """What a call came to.

    Attributes:
        approval: Whether a person would be asked before it.
        output: What the model would be told.
        error: What went wrong, in its place.
        detail: The end of a traceback; the model is not told it.
    """

    approval: Asks
    output: Output | None = None
    error: str | None = None
    detail: str | None = None


def call(tool: Tool, written: str, secrets: Mapping[str, str]) -> Called:
    """Call a tool with arguments as the model writes them.

    Raises:
        CommandError: The arguments break its schema, or it is a stub for something elsewhere.
    """
    if tool.executor == "external" or tool.lambda_function is not None:
        where = "whoever gives its output" if tool.lambda_function is None else "a Lambda function"
        raise CommandError(f"{tool.name} is run by {where}, and cannot be called here.")
    arguments = _arguments(tool, written)
    context = a_tool_context(deadline=datetime.now(UTC) + timedelta(seconds=tool.timeout))
    sys.stdout.flush()
    with given_secrets(_Secrets(secrets)):
        asks = _asks(tool, arguments, context)
        ending = run_in_child(
            lambda: output_of(returned(tool.call(arguments, context))).shortened,
            timeout_seconds=tool.timeout,
            told_errors=ToolError,
        )
    ended = ending.because if isinstance(ending, NotBegun) else ending
    match ended:
        case Returned(output):
            return Called(asks, output)
        case Raised(str() as words, _):
            return Called(asks, error=words)
        case Raised(_, detail) | Lost(detail):
            return Called(asks, error=f"The tool {tool.name} failed.", detail=detail)
        case TimedOut():
            return Called(asks, error=f"The tool {tool.name} did not finish within {tool.timeout} s.")
        case Died(exit_code):
            return Called(asks, error=f"The process of {tool.name} ended with code {exit_code}.")
        case _:
            assert_never(ended)


class _Secrets(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise LookupError(f"nobody gives the secret {name} here: name a file of JSON with it by --secrets")


def secrets_of(file: Path | None) -> dict[str, str]:
    """Read secrets by their names from a file of JSON.

    Raises:
        CommandError: It is none.
    """
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise CommandError(f'{file} is no JSON like {{"acme/shop-key": "its value"}}.')
    return found


def _arguments(tool: Tool, written: str) -> dict[str, Any]:
    try:
        return tool.read_arguments(written)
    except ValidationError as error:
        words = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors()
        )
        raise CommandError(f"The arguments of {tool.name} break its schema: {words}") from error
    except Exception as error:  # a type's own checks may raise anything
        raise CommandError(f"The arguments of {tool.name} do not pass its own checks: {error!r}") from error


def _asks(tool: Tool, arguments: Mapping[str, Any], context: Any) -> Asks:  # noqa: ANN401 - a ToolContext
    ending = run_in_child(
        lambda: tool.needs_decision(arguments, context), timeout_seconds=tool.timeout, told_errors=ToolError
    )
    match ending:
        case Returned(is_needed):
            return "yes" if is_needed else "no"
        case _:
            return "yes, for its approval function gave no answer"
