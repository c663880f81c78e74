"""What belongs to a run in what the simulator saw, and whether that is as it should be."""

from dataclasses import replace
from typing import Any

import pytest

from cli.demo.evidence import Evidence, World, evidence_of
from cli.demo.stories import Story, response, turn
from cli.demo.verdict import differences

OURS, ANOTHER = "run_1", "run_2"

A_STORY = Story(
    name="a story",
    tells="It is told.",
    request=response("Hello?"),
    turns=[turn(2, text="Hello.")],
    effects={"refund": 1, "email": 2},
)
AS_IT_SHOULD_BE = Evidence(
    requests=2,
    webhooks=1,
    effects={"email": 2, "refund": 1},
    requests_every_second=3,
    requests_with_backoff=4,
)


def a_resource(run_id: str, provider_id: str, *, seconds: float | None) -> dict[str, Any]:
    ended_at = None if seconds is None else 100.0 + seconds
    return {"id": provider_id, "metadata": {"run_id": run_id}, "created_at": 100.0, "ended_at": ended_at}


def a_create(run_id: str) -> dict[str, Any]:
    request = {"metadata": {"run_id": run_id}}
    return {"kind": "request", "method": "POST", "path": "/v1/responses", "request": request}


def a_look(provider_id: str) -> dict[str, Any]:
    return {"kind": "request", "method": "GET", "path": f"/v1/responses/{provider_id}", "request": None}


def a_webhook(provider_id: str) -> dict[str, Any]:
    return {
        "kind": "webhook",
        "method": "POST",
        "path": "https://x",
        "request": {"data": {"id": provider_id}},
    }


def a_run(**changes: Any) -> dict[str, Any]:
    return {"status": "completed", "result": {"output_text": "Hello."}, "error": None} | changes


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
        effects={"refund": 2},
        requests_every_second=3 + 3 + 1,
        requests_with_backoff=3 + 4 + 1,
    )


def test_a_run_that_ended_as_it_should_has_no_differences():
    assert list(differences(A_STORY, a_run(), AS_IT_SHOULD_BE)) == []


@pytest.mark.parametrize(
    ("run", "difference"),
    [
        (
            a_run(status="failed", error={"code": "server_error", "message": "Sorry."}),
            "It is failed and should be completed (server_error: Sorry.).",
        ),
        (a_run(status="in_progress", result=None), "It is in_progress and should be completed."),
        (a_run(result={"output_text": "Bye."}), "It says 'Bye.' and should say 'Hello.'."),
    ],
)
def test_a_run_that_ended_otherwise_is_told_apart(run: dict[str, Any], difference: str):
    assert list(differences(A_STORY, run, AS_IT_SHOULD_BE)) == [difference]


def test_an_effect_too_many_is_a_difference():
    twice = replace(AS_IT_SHOULD_BE, effects={"refund": 2, "email": 2})

    told = list(differences(A_STORY, a_run(), twice))

    assert told == ["The shop saw 2 emails, 2 refunds and should have seen 2 emails, 1 refund."]
