"""Asks EndpointFunction."""

import json
from typing import Any, Final

from botocore.config import Config

from runrelay.command_line import CommandError
from runrelay.reach import Reach

FUNCTION: Final = "EndpointFunctionName"
"""The output of the stack that names it."""


def ask(there: Reach, function: str, action: str) -> dict[str, Any]:
    """Invoke the function, once: each time it is asked it does it again.

    Raises:
        CommandError: It failed.
    """
    config = Config(retries={"total_max_attempts": 1}, read_timeout=70)
    answer = there.client("lambda", config=config).invoke(
        FunctionName=function, Payload=json.dumps({"action": action})
    )
    content = answer["Payload"].read()
    if "FunctionError" in answer:
        raise CommandError(f"{function} failed; its log says why: {content.decode(errors='replace')[:500]}")
    report: dict[str, Any] = json.loads(content)
    return report
