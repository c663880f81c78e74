"""Whether the words and numbers that a tool is declared with are known."""

import re
from typing import Literal

_LAMBDA_NAME = re.compile(r"[A-Za-z0-9_-]+")

MAX_LAMBDA_NAME = 64 - len("s-tool-")
"""Lambda's names have 64 characters, and a stack's name at least one."""

FUNCTION_SECONDS = 120
"""The tool function's timeout, unless `ToolTimeoutSeconds` says otherwise."""

SECONDS_TO_TELL = 10
"""A tool ends so long before the function that runs it, which must write what came of the call."""

MAX_EXTERNAL_SECONDS = 30 * 86_400
"""The longest deadline of a run."""


def check_word(tool_name: str, name: str, word: object, known: tuple[str, ...], more: str = "") -> None:
    """See whether a word is one of those that are known.

    Raises:
        TypeError: It is not; the message names those that are.
    """
    if not isinstance(word, str) or word not in known:
        raise TypeError(f"the tool {tool_name} has the {name} {word!r}: use {', '.join(known)}{more}")


def check_lambda_name(tool_name: str, name: object) -> None:
    """See whether a Lambda function can have this end of a name.

    Raises:
        TypeError: It cannot.
    """
    if not (isinstance(name, str) and _LAMBDA_NAME.fullmatch(name)):
        raise TypeError(
            f"the Lambda function of {tool_name} is no plain name: {name!r}; "
            "give what follows <stack name>-tool-"
        )
    if len(name) > MAX_LAMBDA_NAME:
        raise TypeError(
            f"the Lambda function of {tool_name} has a name of {len(name)} characters: "
            f"give {MAX_LAMBDA_NAME} at most, for with <stack name>-tool- before it Lambda takes 64"
        )


def check_timeout(
    tool_name: str, timeout: object, kind: Literal["external", "verify", "other"], function_seconds: int
) -> None:
    """See whether a tool can end in time.

    Args:
        tool_name: Whose timeout it is.
        timeout: In seconds.
        kind: Who runs it, and whether a verify function may have to follow.
        function_seconds: The timeout of the function that runs it.

    Raises:
        TypeError: It cannot.
    """
    longest, hint = (
        function_seconds - SECONDS_TO_TELL,
        "; what takes longer needs a larger ToolTimeoutSeconds",
    )
    if kind == "external":
        longest, hint = MAX_EXTERNAL_SECONDS, ""
    if kind == "verify":
        longest, hint = longest // 2, f"; its verify function may have to follow, for as long{hint}"
    if not _is_whole(timeout) or not 1 <= timeout <= longest:  # type: ignore[operator] # a whole number
        raise TypeError(
            f"the tool {tool_name} has a timeout of {timeout!r}: give whole seconds, 1 to {longest}{hint}"
        )


def check_attempts(tool_name: str, attempts: object) -> None:
    """See whether a call can be begun so often.

    Raises:
        TypeError: It cannot.
    """
    if not _is_whole(attempts) or attempts < 1:  # type: ignore[operator] # a whole number
        raise TypeError(f"the tool {tool_name} has max_attempts of {attempts!r}: give 1 or more")


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
