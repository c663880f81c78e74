"""What was begun twice, as the first answer never came: one is the run's, the other one is cancelled."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.webhooks.events import event
from simulator.webhooks.signing import signed_headers
from simulator.wire.bodies import as_bytes
from tests.crash.branches import Branches
from tests.crash.crash_world import Client, CrashWorld, crash_world
from tests.crash.embedded import embedded_site
from tests.crash.scenarios import LAST_WORDS, Scenario, client_of
from tests.harness.gateway import proxy_event
from tests.harness.webhooks import PATH
from tests.harness.wire import Answer, Fault, Interceptor, Request

NOTHING = Answer(200, {"object": "list", "data": [], "has_more": False})
OVER: list[str] = []
"""Of sessions whose turn is over none is asked to stop: what works there by now is somebody else's."""
CREATES = {"session": ("POST /v1/agents/sessions", "GET /v1/agents/sessions"), "thread": ("/runs", "/runs")}


@pytest.fixture
def lonely(socket_enabled) -> Iterator[CrashWorld]:
    """A world in which every webhook is lost."""
    with crash_world(Branches(faults=())) as world:
        world.simulator.faults(webhooks={"drop": 1.0})
        yield world


def lost_answer(kind: str, *, is_list_late: bool) -> Interceptor:
    """Lose the answer to the first create; the list that would show it may be late."""
    create, listing = CREATES[kind]
    left: dict[tuple[str, str], Fault | Answer] = {("POST", create): Fault.LOSE_REPLY}
    if is_list_late:
        left["GET", listing] = NOTHING

    def intercept(request: Request) -> Fault | Answer | None:
        method = request.operation.partition(" ")[0]
        path = create if method == "POST" else listing
        return left.pop((method, path), None) if request.operation.endswith(path) else None

    return intercept


def late_webhook(event_type: str, about: str) -> dict[str, Any]:
    body = as_bytes(event(event_type, {"id": about}))
    headers = signed_headers(body, "wh_late", [embedded_site()[1].secret])
    return proxy_event("POST", PATH, headers=headers.items(), body=body)


def orphans_of(client: Client) -> list[str]:
    events = client.world.timeline(client.run_id)
    return [each["provider_id"].rpartition("/")[2] for each in events if each["type"] == "orphan_cancelled"]


def created(world: CrashWorld) -> list[str]:
    return [each["id"] for each in world.simulator.resources()]


def cancelled(world: CrashWorld) -> list[str]:
    requests = world.simulator.journal(kind="request")
    asked = [f"{entry['path']} {json.dumps(entry['request'])}" for entry in requests]
    return [id_ for id_ in created(world) if any(id_ in each and "cancel" in each for each in asked)]


@pytest.mark.parametrize("kind", ["session", "thread"])
def test_the_end_of_a_run_finds_what_was_begun_beside_it(kind, lonely):
    lonely.wire.interceptor = lost_answer(kind, is_list_late=True)
    client = client_of(lonely, kind, Scenario("twice", []))

    client.play()

    run: dict[str, Any] = lonely.run(client.run_id)
    own = run["provider_id"].rpartition("/")[2]
    assert (run["status"], run["result"]["output_text"]) == ("completed", LAST_WORDS)
    assert len(created(lonely)) == 2
    others = [id_ for id_ in created(lonely) if id_ != own]
    assert orphans_of(client) == others
    assert cancelled(lonely) == (others if kind == "thread" else OVER)
    assert lonely.output("worker").count('"OrphanCancelled":[') == 1
    if kind == "session":
        asked = [each.request.operation for each in lonely.wire.exchanges]
        assert asked.count(CREATES[kind][1]) == 2  # before the second create, and as the run ended


def test_an_orphan_whose_webhook_comes_when_all_is_over_is_not_counted_again(lonely):
    lonely.wire.interceptor = lost_answer("session", is_list_late=True)
    client = client_of(lonely, "session", Scenario("twice", []))
    client.play()
    (orphan,) = before = orphans_of(client)

    lonely.simulator.faults()
    lonely.receive_webhook(late_webhook("agent.session.idle", orphan))
    lonely.settle()

    assert orphans_of(client) == before
    assert lonely.output("worker").count('"OrphanCancelled":[') == 1


def test_a_run_that_is_cancelled_before_its_session_is_known_leaves_no_session_at_work(lonely):
    lonely.wire.interceptor = lost_answer("session", is_list_late=False)

    def cancel(client: Client) -> None:
        client.world.step_until(lambda: created(client.world) != [])
        client.world.run_queue.purge()
        client.ask(f"/runs/{client.run_id}/cancel", {}, key="cancel")

    client = client_of(lonely, "session", Scenario("cancelled", [], [cancel]))
    client.play()

    assert lonely.run(client.run_id)["status"] == "cancelled"
    assert orphans_of(client) == created(lonely)
    assert cancelled(lonely) == OVER


@pytest.mark.parametrize("kind", ["session", "thread"])
def test_a_run_that_was_refused_a_moment_at_first_asks_for_no_list(kind, lonely):
    create, _ = CREATES[kind]
    busy = Answer(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}})
    left = [busy]

    def intercept(request: Request) -> Answer | None:
        is_it = request.operation.startswith("POST") and request.operation.endswith(create)
        return left.pop() if left and is_it else None

    lonely.wire.interceptor = intercept
    client = client_of(lonely, kind, Scenario("busy", []))

    client.play()

    assert lonely.run(client.run_id)["status"] == "completed"
    assert orphans_of(client) == []
