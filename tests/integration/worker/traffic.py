"""What the functions sent in a world, read from the wire and from the simulator's journal."""

import json
from typing import Any

from simulator.webhooks.events import event
from simulator.webhooks.signing import signed_headers
from simulator.wire.bodies import as_bytes
from tests.harness.gateway import proxy_event
from tests.harness.site import site
from tests.harness.webhooks import PATH
from tests.harness.wire import Answer, Fault, Request
from tests.harness.world import World


def posted(world: World, path_end: str) -> list[dict[str, Any]]:
    """Give the bodies of what was posted to the provider at such a path, refused or not."""
    return [
        entry["request"]
        for entry in world.simulator.journal(kind="request")
        if entry["method"] == "POST" and entry["path"].endswith(path_end)
    ]


def announced(world: World, detail_type: str) -> list[dict[str, Any]]:
    """Give the details of what EventBridge was told."""
    puts = (each.request.body for each in world.wire.exchanges if each.request.operation == "PutEvents")
    entries = (entry for put in puts for entry in put["Entries"])
    return [json.loads(entry["Detail"]) for entry in entries if entry["DetailType"] == detail_type]


def counted(world: World, metric: str) -> int:
    """Add up a metric over what the workers printed."""
    lines = (line for line in world.output("worker").splitlines() if "_aws" in line and metric in line)
    return int(sum(sum(json.loads(line)[metric]) for line in lines))


def answering_once(world: World, operation: str, *answers: Answer | Fault) -> list[Request]:
    """Have the next requests of an operation answered by these; the list fills with those that were.

    Args:
        operation: How the request's method and path begin and end, with `...` between.
    """
    struck: list[Request] = []
    begin, _, end = operation.partition("...")

    def intercept(request: Request) -> Answer | Fault | None:
        is_meant = request.operation.startswith(begin) and request.operation.endswith(end)
        if not is_meant or len(struck) == len(answers):
            return None
        struck.append(request)
        return answers[len(struck) - 1]

    world.wire.interceptor = intercept
    return struck


def receive(world: World, event_type: str, about: str) -> None:
    """Have a webhook arrive that nobody but a test has sent."""
    body = as_bytes(event(event_type, {"id": about}))
    headers = signed_headers(body, f"wh_{about}", [site().webhook_secret])
    answer = world.receive_webhook(proxy_event("POST", PATH, headers=headers.items(), body=body))
    assert answer["statusCode"] == 202
