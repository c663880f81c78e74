"""Runs of all kinds with an email (`once`) and a refund (`keyed`), and webhooks of our own signing."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from functions.worker.providers import threads
from tests.harness.gateway import proxy_event
from tests.harness.scenario import Turn, calling, saying
from tests.harness.site import API_KEY, site
from tests.harness.webhooks import PATH
from tests.harness.wire import Request
from tests.harness.world import StuckError, World
from tests.unit.webhook.openai_sender import signature

KINDS = ("response", "session", "thread")
SECRET_WORDS = "the words of a customer"
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Refund", "body": SECRET_WORDS})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
TOOLS = ("send_email", "refund_order")
WORK: tuple[Turn, ...] = (calling(EMAIL, REFUND), saying("done"))
EFFECTS = {"email": 1, "refund": 1}
SWEEP_SECONDS = 60
MAX_SWEEPS = 20


def start(world: World, kind: str, *turns: Turn, **wanted: Any) -> str:
    """Start a run of a kind; without turns, one that sends an email, makes a refund and says so."""
    return world.start(*(turns or WORK), kind=kind, request=request(kind), **{"tools": TOOLS, **wanted})


def request(kind: str) -> dict[str, Any]:
    """Give what a client of a kind of run asks for."""
    match kind:
        case "session":
            return {"agent": {"model": "gpt-6-astra"}, "input": SECRET_WORDS}
        case "thread":
            return {"assistant_id": _assistant(), "thread": {"messages": [_message()]}}
        case _:
            return {"model": "gpt-6-astra", "input": SECRET_WORDS}


def _message() -> dict[str, str]:
    return {"role": "user", "content": SECRET_WORDS}


def _assistant() -> str:
    """Make an assistant, as whoever wants runs on threads has done long before."""
    answer = httpx2.post(
        f"{site().environment['OPENAI_BASE_URL']}/assistants",
        json={"model": "gpt-6-astra"},
        headers={"authorization": f"Bearer {API_KEY}", "openai-beta": threads.BETA},
        trust_env=False,
    )
    assistant_id: str = answer.raise_for_status().json()["id"]
    return assistant_id


def webhook(event_type: str, resource_id: str, *, webhook_id: str, seconds_ago: float = 0) -> dict[str, Any]:
    """Make a genuine webhook as the HTTP API hands it over."""
    event = {"object": "event", "id": "evt_1", "type": event_type, "data": {"id": resource_id}}
    return signed(json.dumps(event), webhook_id=webhook_id, seconds_ago=seconds_ago)


def signed(body: str, *, webhook_id: str, seconds_ago: float = 0) -> dict[str, Any]:
    """Sign a body as OpenAI does; what is signed may have been sent before, under another id."""
    secret, timestamp = site().webhook_secret, str(int(time.time() - seconds_ago))
    proof = signature(body.encode(), secret=secret, webhook_id=webhook_id, timestamp=timestamp)
    headers = [("webhook-id", webhook_id), ("webhook-timestamp", timestamp), ("webhook-signature", proof)]
    json_body = ("content-type", "application/json")
    return proxy_event("POST", PATH, headers=[json_body, *headers], body=body.encode())


def outcome(world: World, run_id: str) -> dict[str, Any]:
    """Give what must be the same however a run came to its end."""
    run = world.run(run_id)
    calls = sorted((call["name"], call["outcome"]) for call in run["calls"])
    turns = sum(each["type"] == "turn_ended" for each in world.timeline(run_id))
    return {
        "status": run["status"],
        "text": (run["result"] or {}).get("output_text"),
        "calls": calls,
        "turns": turns,
    }


def finish(world: World, *run_ids: str) -> None:
    """Do whatever there is to do until nothing is left, sweeping once a minute while a run is open.

    Raises:
        StuckError: There is no end of it.
    """
    for _ in range(MAX_SWEEPS):
        world.settle()
        if all(map(world.is_over, run_ids)):
            return
        world.clock.skip(SWEEP_SECONDS)
        world.sweep()
    raise StuckError(f"runs were open after {MAX_SWEEPS} sweeps: {world.items()}")


type Shape = tuple[str, ...]


def shape(sent: Request) -> Shape:
    """Tell requests that do different things apart, and those of two runs or two deliveries not."""
    return (sent.sender, sent.service, *_what(sent))


def _what(sent: Request) -> Shape:
    body = sent.body if isinstance(sent.body, Mapping) else {}
    if sent.service == "openai":
        method, path = sent.operation.split()
        return (method, "/".join(part for part in path.split("/") if "_" not in part or "submit" in part))
    if sent.service == "dynamodb":
        key = body.get("Key") or body.get("Item") or {}
        sort_key = key.get("sk", {}).get("S", "").partition("#")[0]
        return (sent.operation, sort_key, body.get("IndexName", ""), body.get("UpdateExpression", ""))
    message = body.get("MessageBody")
    return (sent.operation, json.loads(message).get("reason", "") if message else "")


def shapes_of(world: World, go: Callable[[], object]) -> list[Shape]:
    """List what the functions that run in the background send while something goes on, each shape once."""
    before = len(world.wire.exchanges)
    go()
    sent = (exchange.request for exchange in world.wire.exchanges[before:])
    return list(dict.fromkeys(shape(each) for each in sent if each.sender in ("worker", "tools")))
