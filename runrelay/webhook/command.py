"""Register the webhook endpoint at OpenAI, rotate its signing secret, show it, or delete it."""

import json
from typing import Any, Final

from botocore.config import Config

from runrelay.command_line import CommandError
from runrelay.reach import Reach, Where, reach, reaching
from runrelay.webhook.report import say_deployed, say_report

ACTIONS: Final = {
    "register": "Make the endpoint, or mend it: its URL, event types, name and secret. It is then tested.",
    "rotate": "Give it another signing secret. The old one is believed for 24 hours more.",
    "show": "Show the endpoint, what it is subscribed to, its last test, and how old its secret is.",
    "delete": "Delete it. While the stack has RegisterWebhook=true, it is registered again within the hour.",
}
FUNCTION: Final = "EndpointFunctionName"
TESTED: Final = {"register", "rotate", "replace"}
GOOD: Final = {"registered", "rotated", "unchanged", "deleted"}


def run(where: Where, action: str) -> int:
    """Ask for it. Exit code 0 means that it was done, and that a test event, if one was sent, was taken.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    with reaching(where):
        there = reach(where)
        outputs = _outputs(there)
        report = _ask(there, outputs[FUNCTION], action)
    say_report(report)
    if action == "show":
        say_deployed(outputs.get("WebhookEndpoint", ""))
    return 0 if _is_good(report, is_tested=action in TESTED) else 1


def _is_good(report: dict[str, Any], *, is_tested: bool) -> bool:
    is_taken = 200 <= (report["test_status"] or 0) < 300  # noqa: PLR2004 - any 2xx
    return report["outcome"] in GOOD and (is_taken or not is_tested)


def _ask(there: Reach, function: str, action: str) -> dict[str, Any]:
    """Invoke the function, once: each time it is asked it does it again."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=70)
    answer = there.client("lambda", config=config).invoke(
        FunctionName=function, Payload=json.dumps({"action": action})
    )
    content = answer["Payload"].read()
    if "FunctionError" in answer:
        raise CommandError(f"{function} failed; its log says why: {content.decode(errors='replace')[:500]}")
    report: dict[str, Any] = json.loads(content)
    return report


def _outputs(there: Reach) -> dict[str, str]:
    (stack,) = there.client("cloudformation").describe_stacks(StackName=there.stack_name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if FUNCTION not in outputs:
        raise CommandError(
            f"The stack {there.stack_name} ({stack['StackStatus']}) has no output {FUNCTION}: "
            "it is not Runrelay's, or of a version before its endpoint registered itself."
        )
    return outputs
