"""Register the webhook endpoint at OpenAI, test it, rotate its signing secret, show it, or delete it."""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from runrelay.cli.output import aside, print_json
from runrelay.command_line import CommandError
from runrelay.reach import Where, local_stack, reach, reaching
from runrelay.webhook.asking import FUNCTION, ask
from runrelay.webhook.listening import forwarded
from runrelay.webhook.report import say_facts, say_forwarded, say_report, say_sent
from runrelay.webhook.sending import SECRET, URL, event_of, is_taken, new_webhook_id, post, signing_secret
from runrelay.webhook.tap import tapped

ACTIONS: Final = {
    "register": "Make the endpoint, or mend it: its URL, event types, name and secret. It is then tested.",
    "test": "Have OpenAI send a test event to the endpoint as it is, and tell its status.",
    "rotate": "Give it another signing secret. The old one is believed for 24 hours more.",
    "show": "Show the endpoint, what it is subscribed to, its last test, and how old its secret is.",
    "delete": "Delete it. While the stack has RegisterWebhook=true, it is registered again within the hour.",
}
TESTED: Final = {"register", "test", "rotate", "replace"}
GOOD: Final = {"registered", "rotated", "unchanged", "deleted"}


def send(where: Where, event_type: str, data: Mapping[str, Any], *, json: bool) -> int:
    """Sign an event with the stack's secret, and post it. Exit code 0 means that it was taken.

    Raises:
        CommandError: Nothing can be reached, or there is nothing to sign with.
    """
    event = event_of(event_type, data)
    with reaching(where):
        there = reach(where)
        outputs = there.deployed(SECRET, URL).outputs
        secret = signing_secret(there, outputs[SECRET])
    is_here = where.stack_name is None
    url = local_stack(where.directory).webhook_url if is_here else outputs[URL]
    status = post(url, event, secret, webhook_id=new_webhook_id(), is_here=is_here)
    if json:
        print_json({"status": status, "url": url, "event": event})
    else:
        say_sent(event, url, status)
    return 0 if is_taken(status) else 1


def listen(stack_name: str | None, directory: Path, *, json: bool) -> int:
    """Forward the webhooks of a deployed stack to a local one, until Ctrl-C.

    Raises:
        CommandError: One of them cannot be reached, or not by these credentials.
    """
    if not stack_name or stack_name.endswith(".json"):
        raise CommandError("Which deployed stack is to be listened to? --stack NAME, or RUNRELAY_STACK.")
    url = local_stack(directory).webhook_url
    where = Where(stack_name, directory)
    with reaching(where), tapped(reach(where)) as tap:
        aside.print(f"The webhooks of {stack_name} go to {url}. Ctrl-C ends it.", soft_wrap=True)
        with suppress(KeyboardInterrupt):
            for each in forwarded(tap, directory):
                if json:
                    print_json(each)
                else:
                    say_forwarded(each)
    return 0


def run(where: Where, action: str, *, json: bool) -> int:
    """Ask for it. Exit code 0 means that it was done, and that a test event, if one was sent, was taken.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    with reaching(where):
        there = reach(where)
        outputs = there.deployed(FUNCTION).outputs
        report = ask(there, outputs[FUNCTION], action)
    beside = _beside(where, report) or _deployed(outputs, action)
    if json:
        print_json(report | beside)
    else:
        say_report(report)
        say_facts(beside)
    return 0 if _is_good(report, is_tested=action in TESTED) else 1


def _is_good(report: dict[str, Any], *, is_tested: bool) -> bool:
    return report["outcome"] in GOOD and (is_taken(report["test_status"]) or not is_tested)


def _beside(where: Where, report: Mapping[str, Any]) -> dict[str, str]:
    """Say what the function does not: what makes an endpoint, and when a test is worth another try."""
    if report["outcome"] == "absent":
        return {"mend": f"runrelay webhook register{where.option}"}
    if report["test_status"] == HTTPStatus.UNAUTHORIZED:
        again = f"runrelay webhook test{where.option}"
        return {"mend": f"{again}, in half a minute: that long a warm function may know the old secret alone"}
    return {}


def _deployed(outputs: Mapping[str, str], action: str) -> dict[str, str]:
    """Say what the stack's output says."""
    is_told = action == "show" and "WebhookEndpoint" in outputs
    return {"deployed": outputs["WebhookEndpoint"]} if is_told else {}
