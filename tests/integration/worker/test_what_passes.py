"""What a provider says once, or for a moment, costs no run; what it goes on saying ends it in its words."""

from datetime import timedelta
from typing import Any

import pytest
from contracts import instant

from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, calling, failing, saying
from tests.harness.wire import Answer, Fault, Request
from tests.harness.world import World
from tests.integration.worker.traffic import answering_once, posted

KINDS = ["response", "session", "thread"]
LOOKS = {"response": "GET /v1/responses", "session": "GET /v1/agents", "thread": "GET /v1/threads"}
ORDER = calling(("get_order", {"order_id": "A-1"}))
NOT_FOUND = Answer(404, {"error": {"message": "Not found.", "type": "invalid_request_error", "code": None}})
OF_A_PROXY = [Answer(status) for status in (400, 401, 403, 404)]
NO_PREVIOUS = Answer(400, {"error": {"message": "No.", "type": "x", "code": "previous_response_not_found"}})


def failed(code: str, *output: dict[str, Any]) -> Answer:
    error = {"code": code, "message": "Busy."}
    return Answer(200, {"id": "resp_x", "status": "failed", "error": error, "output": [*output]})


def answered(world: Any, begins: str, answer: Answer, *, seconds: float) -> None:
    """Have each request of a sort answered by this, for some time from the first on."""
    until: list[float] = []

    def intercept(request: Request) -> Answer | None:
        if not request.operation.startswith(begins):
            return None
        until.append(world.clock.time() + seconds)
        return answer if world.clock.time() < until[0] else None

    world.wire.interceptor = intercept


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_that_is_not_known_for_half_a_minute_costs_no_run(world, kind):
    run_id = world.start(ORDER, saying("done"), kind=kind, tools=["get_order"])
    answered(world, LOOKS[kind], NOT_FOUND, seconds=33)

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"


@pytest.mark.parametrize("answer", OF_A_PROXY, ids=lambda answer: str(answer.status))
@pytest.mark.parametrize("begins", ["GET /v1/responses", "POST /v1/responses"])
def test_a_proxys_refusal_costs_no_run_until_it_goes_on_for_minutes(world, begins, answer):
    run_id = world.start(ORDER, saying("done"), tools=["get_order"])
    answered(world, begins, answer, seconds=60)
    world.run_to_end(run_id)
    assert world.run(run_id)["status"] == "completed"

    run_id = world.start(saying("done"))
    answered(world, begins, answer, seconds=1e9)
    begun = world.clock.time()
    world.run_to_end(run_id)

    assert world.clock.time() - begun < 300
    assert (world.run(run_id)["status"], world.run(run_id)["error"]["code"]) == (
        "failed",
        f"http_{answer.status}",
    )


@pytest.mark.parametrize("answer", [NO_PREVIOUS, NOT_FOUND], ids=lambda answer: str(answer.status))
def test_a_response_that_the_next_create_does_not_know_yet_costs_no_run(world, answer):
    run_id = world.start(ORDER, saying("done"), tools=["get_order"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    answered(world, "POST /v1/responses", answer, seconds=33)

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"


def test_what_the_callers_request_names_and_nobody_knows_is_refused_at_once(world):
    run_id = world.start(saying("done"))
    creates = answering_once(world, "POST /v1/responses...", NOT_FOUND)
    begun = world.clock.time()

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "failed"
    assert (len(creates), world.clock.time() - begun < 30) == (1, True)


@pytest.mark.parametrize("headers", [{"retry-after": "100000"}, {"retry-after-ms": "1e9"}], ids=str)
def test_a_provider_that_asks_for_days_is_asked_again_in_minutes(world, headers):
    run_id = world.start(saying("done"), deadline_seconds=3600)
    answering_once(world, "POST /v1/responses...", Answer(429, {"error": {"code": "slow_down"}}, headers))

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "server_error"])
@pytest.mark.parametrize("turn", [1, 2])
def test_a_response_that_failed_for_a_reason_that_passes_is_begun_again_with_what_it_had(world, turn, code):
    run_id = world.start(ORDER, saying("done"), tools=["get_order"])
    world.step_until(lambda: world.run(run_id)["turn"] == turn)
    answering_once(world, "GET /v1/responses...", failed(code))

    world.run_to_end(run_id)

    run, creates = world.run(run_id), posted(world, "/responses")
    assert (run["status"], run["turn"], run["result"]["output_text"]) == ("completed", 2, "done")
    assert [call["attempts"] for call in run["calls"]] == [1]
    assert len(creates) == 3
    assert creates[turn - 1] == creates[turn]
    told = [event["type"] for event in world.timeline(run_id) if event.get("turn") == turn]
    assert told[:3] == ["turn_started", "turn_retried", "turn_started"]


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "server_error"])
def test_a_response_that_failed_after_it_had_called_an_mcp_server_is_not_begun_again(world, code):
    """What that server did would be done twice."""
    done = {"type": "mcp_call", "id": "mcp_1", "server_label": "shop", "name": "refund", "output": "refunded"}
    run_id = world.start(saying("done"))
    answering_once(world, "GET /v1/responses...", failed(code, done))

    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert len(posted(world, "/responses")) == 1


def test_a_turn_that_is_begun_again_is_shown_from_its_begin(world):
    run_id = world.start(saying("done"))
    world.deliver(*world.run_queue.visible)
    world.clock.skip(10)
    answering_once(world, "GET /v1/responses...", failed("server_error"))

    world.run_to_end(run_id)

    begun, retried = (instant.from_text(event["at"]) for event in world.timeline(run_id)[1:3])
    assert retried - begun >= timedelta(seconds=10)


@pytest.mark.parametrize("second", ["busy", "lost", "killed"])
def test_the_late_answer_of_a_turn_that_is_begun_again_is_not_its_new_ones(world, second):
    """Its webhook came first: it was adopted, had failed, and by now its turn is submitted once more."""
    creates: list[Request] = []
    faults = {"busy": Answer(429), "lost": Fault.LOSE_REPLY, "killed": Fault.KILL_AFTER}

    def intercept(request: Request) -> Answer | Fault | None:
        if request.operation != "POST /v1/responses":
            return None
        creates.append(request)
        if len(creates) == 2:
            return faults[second]
        return late(request) if len(creates) == 1 else None

    def late(request: Request) -> Answer:
        scenario = world.simulator.put_scenario([failing("rate_limit_exceeded", "Too many.")])
        metadata = {**request.body["metadata"], "scenario": scenario}
        world.wire.interceptor = lambda _: None
        made = world.ask_openai("/responses", {**request.body, "metadata": metadata})
        world.wire.interceptor = intercept
        while not record_of(world, run_id).get("retried_turns"):
            assert world.take_webhook(seconds=5)
            world.deliver(
                *(each for each in world.run_queue.visible if content(each)["message"] == "webhook")
            )
        world.clock.skip(8)
        world.deliver(*(each for each in world.run_queue.visible if content(each).get("reason") == "check"))
        return Answer(200, made)

    world.wire.interceptor = intercept
    run_id = world.start(saying("done"))
    world.run_to_end(run_id)
    world.settle()

    assert (world.run(run_id)["status"], world.run(run_id)["error"]) == ("completed", None)
    assert "orphan_cancelled" not in [each["type"] for each in world.timeline(run_id)]


def record_of(world: World, run_id: str) -> dict[str, Any]:
    """Give a run's record as it is written."""
    return next(each for each in world.items() if (each["pk"]["S"], each["sk"]["S"]) == (run_id, "run"))


def test_a_response_that_fails_each_time_ends_the_run_in_its_words(world):
    run_id = world.start(saying("done"))
    looks = answering_once(world, "GET /v1/responses...", *[failed("rate_limit_exceeded")] * 10)

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]) == ("failed", {"code": "rate_limit_exceeded", "message": "Busy."})
    assert (len(looks), len(posted(world, "/responses"))) == (2, 2)


def test_a_team_may_have_no_turn_begun_again(world):
    run_id = world.start(saying("done"))
    answering_once(world, "GET /v1/responses...", failed("server_error"))

    with world.settings("worker", RETRY_FAILED_TURNS="0"):
        world.run_to_end(run_id)

    assert (world.run(run_id)["status"], len(posted(world, "/responses"))) == ("failed", 1)


def test_a_run_whose_turn_waits_to_be_begun_again_can_be_cancelled(world):
    run_id = world.start(saying("done"))
    answering_once(world, "GET /v1/responses...", failed("server_error"))
    world.step_until(lambda: any(event["type"] == "turn_retried" for event in world.timeline(run_id)))

    assert world.run(run_id)["status"] == "queued"
    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    assert (world.run(run_id)["status"], len(posted(world, "/responses"))) == ("cancelled", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_whose_turn_the_provider_does_not_know_any_more_is_cancelled_all_the_same(world, kind):
    world.patience_seconds = 0.3
    run_id = world.start(ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    world.wire.interceptor = lambda request: NOT_FOUND if request.service == "openai" else None

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("cancelled", "cancelled")
