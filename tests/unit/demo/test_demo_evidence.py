"""What belongs to a run in what the simulator saw, and what polling would have cost for it."""

from typing import Any

from tasks.demo.evidence import Evidence, World, evidence_of

OURS, ANOTHER = "run_1", "run_2"


def a_resource(run_id: str, provider_id: str, *, seconds: float | None, **facts: Any) -> dict[str, Any]:
    ended_at = None if seconds is None else 100.0 + seconds
    own = {"object": "response", "id": provider_id, "metadata": {"runrelay_run_id": run_id}}
    return own | {"created_at": 100.0, "ended_at": ended_at} | facts


def a_request(
    method: str, path: str, *, at: float = 100.0, run_id: str | None = None, says: str = ""
) -> dict[str, Any]:
    return {
        "kind": "request",
        "at": at,
        "method": method,
        "path": path,
        "status": 200,
        "request": {"metadata": {"runrelay_run_id": run_id}} if run_id else None,
        "response": {"status": says} if says else None,
    }


def a_create(run_id: str) -> dict[str, Any]:
    return a_request("POST", "/v1/responses", run_id=run_id)


def a_look(provider_id: str) -> dict[str, Any]:
    return a_request("GET", f"/v1/responses/{provider_id}")


def a_webhook(
    provider_id: str, *, at: float = 100.0, says: str = "response.completed", **facts: Any
) -> dict[str, Any]:
    request = {"type": says, "data": {"id": provider_id}}
    own = {"kind": "webhook", "at": at, "method": "POST", "path": "https://x", "request": request}
    return own | {"webhook_id": f"wh_{provider_id}_{says}_{at}"} | facts


def test_only_what_belongs_to_the_run_is_counted():
    world = World(
        journal=[
            *(a_create(OURS), a_look("resp_1"), a_create(OURS), a_look("resp_2")),
            *(a_webhook("resp_1"), a_webhook("resp_1"), a_webhook("resp_2")),
            *(a_create(ANOTHER), a_look("resp_3"), a_webhook("resp_3"), a_webhook("batch_1")),
        ],
        resources=[
            a_resource(OURS, "resp_1", seconds=3.0),
            a_resource(OURS, "resp_2", seconds=0.5),
            a_resource(OURS, "resp_4", seconds=None),
            a_resource(ANOTHER, "resp_3", seconds=60.0),
        ],
        ledger=[
            {"effect": "refund", "run_id": OURS},
            {"effect": "refund", "run_id": OURS},
            {"effect": "email", "run_id": ANOTHER},
        ],
    )

    evidence = evidence_of(OURS, world)

    assert evidence == Evidence(
        requests=4,
        webhooks=3,
        webhooks_lost=0,
        effects={"refund": 2},
        requests_every_second=2 + 3 + 1,
        requests_with_backoff=2 + 4 + 1,
    )


def test_a_webhook_that_was_lost_is_counted_apart():
    journal = [a_webhook("resp_1", fault="drop"), a_webhook("resp_1", fault="duplicate")]

    evidence = evidence_of(OURS, World(journal, [a_resource(OURS, "resp_1", seconds=1.0)], []))

    assert (evidence.webhooks, evidence.webhooks_lost) == (1, 1)


def test_a_poller_of_a_session_asks_while_its_model_is_at_work_and_not_while_a_person_decides():
    path = "/v1/agents/sessions/sess_1"
    world = World(
        journal=[
            a_request("POST", "/v1/agents/sessions", at=100.0, run_id=OURS),
            a_webhook("sess_1", at=100.1, says="agent.session.idle"),  # before its turn began
            a_webhook("sess_1", at=103.0, says="agent.session.action_required"),
            a_webhook("sess_1", at=104.0, says="agent.session.action_required", webhook_id="wh_1"),
            a_webhook("sess_1", at=160.0, says="agent.session.action_required", webhook_id="wh_1"),
            a_request("GET", path, at=103.1),
            a_request("POST", f"{path}/events", at=200.0),
            a_webhook("sess_1", at=202.0, says="agent.session.idle", fault="drop"),
            a_request("GET", f"{path}/turns", at=202.1),
            a_request("GET", f"{path}/turns/turn_1/items", at=202.2),
        ],
        resources=[a_resource(OURS, "sess_1", seconds=None, object="agent.session")],
        ledger=[],
    )

    evidence = evidence_of(OURS, world)

    assert evidence.requests == 5
    assert evidence.requests_every_second == 3 + 4 + 2  # a create, an answer, the items; the looks


def test_a_poller_of_a_thread_asks_as_long_as_its_run_was_seen_to_be_at_work():
    path = "/v1/threads/thread_1/runs/run_of_theirs"
    world = World(
        journal=[
            a_request("POST", "/v1/threads", at=99.0, run_id=OURS),
            a_request("POST", "/v1/threads/thread_1/runs", at=100.0, run_id=OURS, says="queued"),
            a_request("GET", path, at=102.0, says="in_progress"),
            a_request("GET", path, at=150.0, says="requires_action"),
            a_request("POST", f"{path}/submit_tool_outputs", at=160.0, says="queued"),
            a_request("GET", path, at=161.0, says="in_progress"),
            a_request("GET", path, at=170.0, says="completed"),
            a_request("GET", "/v1/threads/thread_1/messages", at=170.1),
        ],
        resources=[
            a_resource(OURS, "run_of_theirs", seconds=63.0, object="thread.run", thread_id="thread_1")
        ],
        ledger=[],
    )

    evidence = evidence_of(OURS, world)

    assert evidence.requests == 8
    assert evidence.requests_every_second == 4 + 2 + 3  # thread, run, outputs, messages; the looks
