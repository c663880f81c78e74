"""Register the webhook endpoint at OpenAI, rotate its signing secret, show it, or delete it."""

import argparse
from typing import Any, Final

from runrelay.cli.output import print_json
from runrelay.command_line import CommandError
from runrelay.reach import Reach, add_where, local_stack, reach, reaching
from runrelay.webhook.asking import FUNCTION, ask
from runrelay.webhook.report import is_taken, say_deployed, say_report, say_sent
from runrelay.webhook.sending import event_of, post, signing_secret

ACTIONS: Final = {
    "register": "Make the endpoint, or mend it: its URL, event types, name and secret. It is then tested.",
    "rotate": "Give it another signing secret. The old one is believed for 24 hours more.",
    "show": "Show the endpoint, what it is subscribed to, its last test, and how old its secret is.",
    "delete": "Delete it. While the stack has RegisterWebhook=true, it is registered again within the hour.",
}
TESTED: Final = {"register", "rotate"}
GOOD: Final = {"registered", "rotated", "unchanged", "deleted"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    for name, description in ACTIONS.items():
        action = actions.add_parser(name, help=description, description=description)
        action.add_argument("--json", action="store_true", help="print JSON, for programs")
        add_where(action)
    actions.choices["rotate"].add_argument(
        "--at-once",
        action="store_true",
        help="the old secret was stolen: believe it no more, and let webhooks come again",
    )


def send(arguments: argparse.Namespace) -> int:
    """Sign an event with the stack's secret, and post it. Exit code 0 means that it was taken.

    Raises:
        CommandError: Nothing can be reached, or there is nothing to sign with.
    """
    event = event_of(arguments.type, arguments.data)
    with reaching(arguments):
        there = reach(arguments)
        outputs = _outputs(there)
        secret = signing_secret(there, outputs["WebhookSecretName"])
    is_here = arguments.stack_name is None
    url = local_stack(arguments.directory).webhook_url if is_here else outputs["WebhookUrl"]
    status = post(url, event, secret, is_here=is_here)
    if arguments.json:
        print_json({"status": status, "url": url, "event": event})
    else:
        say_sent(event, url, status)
    return 0 if is_taken(status) else 1


def run(arguments: argparse.Namespace) -> int:
    """Ask for it. Exit code 0 means that it was done, and that a test event, if one was sent, was taken.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    with reaching(arguments):
        there = reach(arguments)
        outputs = _outputs(there)
        report = ask(there, outputs[FUNCTION], _action(arguments))
    deployed = outputs.get("WebhookEndpoint", "") if arguments.action == "show" else ""
    if arguments.json:
        print_json(report | ({"deployed": deployed} if deployed else {}))
    else:
        say_report(report)
        say_deployed(deployed)
    return 0 if _is_good(report, is_tested=arguments.action in TESTED) else 1


def _action(arguments: argparse.Namespace) -> str:
    return "replace" if arguments.action == "rotate" and arguments.at_once else str(arguments.action)


def _is_good(report: dict[str, Any], *, is_tested: bool) -> bool:
    return report["outcome"] in GOOD and (is_taken(report["test_status"]) or not is_tested)


def _outputs(there: Reach) -> dict[str, str]:
    (stack,) = there.client("cloudformation").describe_stacks(StackName=there.stack_name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if FUNCTION not in outputs:
        raise CommandError(
            f"The stack {there.stack_name} ({stack['StackStatus']}) has no output {FUNCTION}: "
            "it is not Runrelay's, or of a version before its endpoint registered itself."
        )
    return outputs
