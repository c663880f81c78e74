"""Two workers at one run, slow answers, a person at the wrong moment: nobody dies, and no promise breaks."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest
from contracts import instant
from contracts.messages import CallMessage, from_body
from contracts.records import Failure
from contracts.status import KINDS

from functions.tools.call_ledger import CallLedger, Claimed
from functions.worker.turns import SUBMISSION_LEASE
from simulator.webhooks.events import event
from simulator.webhooks.signing import signed_headers
from simulator.wire.bodies import as_bytes
from tests.harness.gateway import proxy_event
from tests.harness.queues import content
from tests.harness.scenario import ENDLESS, calling, saying
from tests.harness.site import API_KEY, site
from tests.harness.template import REGION, STACK, physical_name
from tests.harness.webhooks import PATH
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import announced, posted, receive

LOOKUP = ("get_order", {"order_id": "A-1"})
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})
LARGE_REFUND = ("refund_order", {"order_id": "A-2", "cents": 500_000})
QUESTION = ("ask_warehouse", {"question": "Is it there?"})
TOOLS = ["get_order", "send_email", "refund_order", "ask_warehouse"]
A_DAY = 86_400
OUT_OF_ORDER = Answer(500, {"error": {"message": "no", "type": "server_error"}})
STRANGERS = 20


def is_write_of(request: Request, record: str) -> bool:
    """Say whether a worker writes such a record of a run."""
    if request.sender != "worker" or request.operation not in ("PutItem", "UpdateItem"):
        return False
    key = request.body.get("Key") or request.body["Item"]
    return bool(key["sk"]["S"].partition("#")[0] == record)


def is_create(request: Request) -> bool:
    return request.operation == "POST /v1/responses"


def deliver_checks(world: World) -> None:
    """Have another worker handle whatever checks there are; one that is being handled comes twice."""
    world.deliver(*(each for each in world.run_queue.messages if content(each).get("reason") == "check"))


def outcomes(world: World, run_id: str) -> list[tuple[int, str, str]]:
    calls = world.run(run_id)["calls"]
    return [(call["turn"], call["name"], call["outcome"]) for call in calls]


def ask(world: World, run_id: str, what: str, **body: Any) -> int:
    """Decide the run's only call, or answer it; gives the status."""
    [call] = world.run(run_id)["calls"]
    answer = world.request("POST", f"/runs/{run_id}/calls/{call['call_id']}/{what}", body)
    return int(answer["statusCode"])


# -- D1: a check beside a slow create -------------------------------------------------------------------


def test_a_check_beside_a_slow_create_makes_no_second_one(world: World):
    run_id = world.start(calling(QUESTION), saying("done"), tools=TOOLS)
    world.step_until(lambda: outcomes(world, run_id) == [(1, "ask_warehouse", "pending")])
    world.clock.skip(27)  # of the 30 s after which the first check is due

    def be_slow() -> None:
        world.clock.skip(6)
        deliver_checks(world)

    world.wire.interceptor = at_first(is_create, be_slow)
    assert ask(world, run_id, "output", output="yes") == 202
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "completed"
    assert len(posted(world, "/responses")) == 2
    assert [each for each in world.timeline(run_id) if each["type"] == "orphan_cancelled"] == []


def test_a_check_beside_a_slow_thread_makes_no_second_one(world: World):
    run_id = world.start(saying("done"), kind="thread")
    world.wire.interceptor = at_first(
        lambda request: request.operation == "POST /v1/threads",
        lambda: world.deliver(*world.run_queue.messages),
    )
    started_at = world.clock.time()

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert len(posted(world, "/threads")) == 1
    assert world.clock.time() - started_at < SUBMISSION_LEASE.total_seconds()


@pytest.mark.parametrize(
    ("turn", "says", "status"),
    [(ENDLESS, "turned_blue", "in_progress"), (calling(QUESTION), "completed", "requires_action")],
    ids=["at work", "over"],
)
def test_a_turn_that_its_webhook_told_of_before_its_creates_answer_goes_on(world: World, turn, says, status):
    world.patience_seconds = 0.1
    made: list[str] = []

    def answer_late(request: Request) -> Answer | None:
        if not is_create(request) or made:
            return None
        made.append("")
        world.wire.interceptor = lambda _: None
        response = world.ask_openai("/responses", request.body)
        receive(world, f"response.{says}", response["id"])
        world.deliver(world.run_queue.visible[-1])
        assert world.run(run_id)["status"] == status
        return Answer(200, response)

    world.wire.interceptor = answer_late
    run_id = world.start(turn, saying("done"), tools=TOOLS)
    world.deliver(*world.run_queue.visible)

    assert world.run(run_id)["status"] == status
    assert posted(world, "/cancel") == []


def test_a_worker_whose_claim_is_gone_writes_nothing_of_what_it_has_made(world: World):
    run_id = world.start({**saying("done"), "seconds": 5}, kind="thread")

    def sleep_on() -> None:
        world.clock.skip(SUBMISSION_LEASE.total_seconds() + 1)
        world.sweep()
        deliver_checks(world)
        assert world.run(run_id)["status"] == "in_progress"

    world.wire.interceptor = at_first(lambda request: request.operation == "POST /v1/threads", sleep_on)
    world.deliver(*world.run_queue.visible)
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "completed"
    assert (len(posted(world, "/threads")), len(posted(world, "/runs"))) == (2, 1)


@pytest.mark.parametrize(("seconds", "creates"), [(60, 1), (90, 2)])
def test_a_create_whose_worker_died_is_made_again_once_no_worker_can_live_so_long(
    world: World, seconds, creates
):
    world.start(saying("done"))
    [message] = world.run_queue.visible
    begun: list[Request] = []
    killed = at_first(is_create, lambda: Fault.KILL_BEFORE)

    def note(request: Request) -> Any:
        begun.extend([request] * is_create(request))
        return killed(request)

    world.wire.interceptor = note
    world.deliver(message)

    world.clock.skip(seconds)
    world.deliver(message)

    assert len(begun) == creates


@pytest.mark.parametrize("status", [None, 504], ids=str)
def test_a_create_whose_answer_was_lost_is_made_again_after_45_s_and_then_after_15_minutes(world, status):
    """It did not come; or it is a gateway's, which gave up on what is done behind it."""
    moments: list[float] = []

    def lose_reply(request: Request) -> Fault | Answer | None:
        if not is_create(request):
            return None
        moments.append(world.clock.time())
        if status is None:
            return Fault.LOSE_REPLY
        world.wire.interceptor = lambda _request: None
        world.ask_openai("/responses", request.body)
        world.wire.interceptor = lose_reply
        return Answer(status)

    world.simulator.faults(webhooks={"drop": 1})
    world.patience_seconds = 0.1
    world.wire.interceptor = lose_reply
    world.start(ENDLESS)
    world.step_until(lambda: len(moments) == 4)

    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == pytest.approx([45, 900, 900], abs=5)
    assert len(world.simulator.resources()) == len(moments)


STALE = Answer(
    400, {"__type": "ConditionalCheckFailedException", "message": "The conditional request failed"}
)


def losing_races(world: World, *, after: str = "", record: str = "run") -> list[Request]:
    """Have each write of a record come too late, perhaps only from some request on; gives those that did."""
    lost: list[Request] = []
    has_begun = not after

    def intercept(request: Request) -> Answer | None:
        nonlocal has_begun
        has_begun = has_begun or request.operation == after
        if not has_begun or not is_write_of(request, record):
            return None
        lost.append(request)
        return STALE

    world.wire.interceptor = intercept
    return lost


def test_a_look_that_loses_five_races_comes_back_a_second_later(world: World):
    run_id = world.start(saying("done"))
    [message] = world.run_queue.visible
    lost = losing_races(world)

    back = world.deliver(message)
    after = world.run_queue.seconds_until_next() or 0
    world.wire.interceptor = lambda _request: None
    world.run_to_end(run_id)

    assert (back, len(lost), 0 < after < 1.1) == ([message], 5, True)
    assert world.run(run_id)["status"] == "completed"


def test_a_turn_whose_acceptance_loses_five_races_is_known_by_its_webhook(world: World):
    run_id = world.start(saying("done"))
    lost = losing_races(world, after="POST /v1/responses")

    back = world.deliver(*world.run_queue.visible)
    world.wire.interceptor = lambda _request: None
    world.run_to_end(run_id)

    assert (back, len(lost)) == ([], 5)
    assert (world.run(run_id)["status"], len(posted(world, "/responses"))) == ("completed", 1)


def test_a_call_that_somebody_changes_each_time_it_is_withdrawn_holds_up_no_cancel(world: World):
    run_id = world.start(calling(QUESTION), saying("never said"), tools=TOOLS)
    world.step_until(lambda: outcomes(world, run_id) == [(1, "ask_warehouse", "pending")])
    lost = losing_races(world, record="call")

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    assert (world.run(run_id)["status"], len(lost)) == ("cancelled", 2 * 5)  # before the end, and after it


# -- D2: others go on a whole turn beside a slow look ----------------------------------------------------


@pytest.mark.parametrize("kind", ["session", "thread"])
def test_a_look_that_others_overtake_writes_down_no_call_under_an_earlier_turn(world: World, kind):
    run_id = world.start(calling(LOOKUP), calling(EMAIL), saying("done"), kind=kind, tools=TOOLS)
    world.step_until(lambda: asks(world))
    world.clock.skip(31)  # whatever checks there are, they are due

    def go_on_a_turn() -> None:
        deliver_checks(world)
        world.step_until(lambda: bool(told(world)) and asks(world))

    world.wire.interceptor = at_first(is_look, go_on_a_turn)
    world.run_to_end(run_id)

    assert outcomes(world, run_id) == [(1, "get_order", "succeeded"), (2, "send_email", "succeeded")]
    assert [each["effect"] for each in world.simulator.effects()] == ["email"]
    assert ["order_id" in told(world)[0], "email_id" in told(world)[1]] == [True, True]


def asks(world: World) -> bool:
    """Say whether the provider waits for the output of a call."""
    return [each["status"] for each in world.simulator.resources()] == ["requires_action"]


def is_look(request: Request) -> bool:
    return request.sender == "worker" and request.operation.startswith("GET /v1/")


def told(world: World) -> list[str]:
    """Give the outputs that the provider was given."""
    bodies = [*posted(world, "/events"), *posted(world, "/submit_tool_outputs")]
    return [each["output"] for body in bodies for each in (body.get("events") or body["tool_outputs"])]


# -- D3: a person in the last moment ---------------------------------------------------------------------


@pytest.mark.parametrize("approve", [True, False])
def test_a_decision_in_the_last_moment_holds_or_is_refused(world: World, approve):
    run_id = world.start(calling(LARGE_REFUND), saying("done"), tools=TOOLS, deadline_seconds=3 * A_DAY)
    world.step_until(lambda: outcomes(world, run_id) == [(1, "refund_order", "awaiting_decision")])
    statuses: list[int] = []
    world.wire.interceptor = at_first(
        lambda request: is_write_of(request, "call"),
        lambda: statuses.append(ask(world, run_id, "decision", approve=approve, reason="mine")),
    )

    world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    stands = call["outcome"], call["decision"], call["decision_reason"]
    refunds = [each["effect"] for each in world.simulator.effects()]
    if statuses == [202]:
        kept = ("succeeded", "approved", "mine") if approve else ("denied", "denied", "mine")
        assert (stands, refunds) == (kept, ["refund"] * approve)
    else:
        assert (statuses, call["error"]["code"], refunds) == ([409], "decision_expired", [])


def is_question(request: Request) -> bool:
    """Say whether the tool function is about to leave a call to a person."""
    return request.sender == "tools" and "awaiting_decision" in json.dumps(request.body)


def test_a_call_that_asks_for_a_person_after_its_run_was_cancelled_is_not_left_open(world: World):
    run_id = world.start(calling(LARGE_REFUND), saying("never said"), tools=TOOLS)
    world.step_until(lambda: bool(world.tool_queue.visible))

    def cancel() -> None:
        world.request("POST", f"/runs/{run_id}/cancel")
        world.deliver(*(each for each in world.run_queue.messages if content(each).get("reason") == "cancel"))
        assert world.run(run_id)["status"] == "cancelled"

    world.wire.interceptor = at_first(is_question, cancel)
    world.settle()

    assert outcomes(world, run_id) == [(1, "refund_order", "denied")]


@pytest.mark.parametrize(
    ("in_question", "outcome"),
    [(None, "denied"), (Failure("outcome_unknown", "It may or may not have taken effect."), "unknown")],
)
def test_a_call_that_asks_for_a_person_as_its_run_ends_is_not_left_open(world: World, in_question, outcome):
    run_id = world.start(calling(LARGE_REFUND), saying("never said"), tools=TOOLS)
    world.step_until(lambda: bool(world.tool_queue.visible))
    [message] = world.tool_queue.messages
    ledger = CallLedger(boto3.client("dynamodb", region_name=REGION), physical_name("RunTable"))
    told = from_body(message.body)
    assert isinstance(told, CallMessage)
    claim = ledger.claim(told, owner="slow", lease=timedelta(minutes=2))
    assert isinstance(claim, Claimed)
    later = instant.now() + timedelta(minutes=5)
    world.wire.interceptor = at_first(
        lambda request: request.sender == "worker" and "ended_at" in json.dumps(request.body),
        lambda: (
            ledger.ask(
                claim.call,
                wait_until=later,
                error=in_question,
                detail=None,
                is_begun=in_question is not None,
            )
            and None
        ),
    )

    world.request("POST", f"/runs/{run_id}/cancel")
    world.run_to_end(run_id)

    assert outcomes(world, run_id) == [(1, "refund_order", outcome)]


def test_an_output_in_the_last_moment_is_told_or_refused(world: World):
    run_id = world.start(calling(QUESTION), saying("done"), tools=TOOLS)
    world.step_until(lambda: outcomes(world, run_id) == [(1, "ask_warehouse", "pending")])
    statuses: list[int] = []
    world.wire.interceptor = at_first(
        lambda request: is_write_of(request, "call"),
        lambda: statuses.append(ask(world, run_id, "output", output="yes")),
    )

    world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    assert (statuses, call["output"]) in (([202], "yes"), ([409], None))


# -- D4: the records of a run that has ended --------------------------------------------------------------


def items_of(world: World, run_id: str) -> list[dict[str, Any]]:
    """Give a run's items, but for what may be noted after its end, and turns that are not the run's."""
    items = [dict(each) for each in world.items() if each["pk"]["S"] == run_id]
    run = next(each for each in items if each["sk"]["S"] == "run")
    own = {run[name]["N"] for name in ("turn_read_at", "result_read_at") if name in run}
    kept = [
        each
        for each in items
        if not each["sk"]["S"].startswith(("event#", "alias#"))
        and not (each["sk"]["S"].startswith("turn#") and each["read_at"]["N"] not in own)
    ]
    return sorted(kept, key=lambda each: str(each["sk"]["S"]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_pauses_before_it_writes_a_turn_changes_no_run_that_others_have_ended(world, kind):
    run_id = world.start(saying("done"), kind=kind, tools=TOOLS)
    ended: list[list[dict[str, Any]]] = []

    def end_it() -> None:
        world.clock.skip(31)
        deliver_checks(world)
        assert world.is_over(run_id)
        ended.append(items_of(world, run_id))

    world.wire.interceptor = at_first(lambda request: is_write_of(request, "turn"), end_it)
    world.run_to_end(run_id)
    world.settle()

    assert ended == [items_of(world, run_id)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_for_a_run_as_it_expires_changes_no_run_that_is_over(world: World, kind):
    run_id = world.start({**saying("never said"), "seconds": 600}, kind=kind, deadline_seconds=60)
    ended: list[list[dict[str, Any]]] = []

    def expire() -> None:
        world.clock.skip(61)
        world.sweep()
        deliver_checks(world)
        assert world.is_over(run_id)
        ended.append(items_of(world, run_id))

    world.wire.interceptor = at_first(lambda request: request.operation.startswith("POST /v1/"), expire)
    world.settle()

    assert ended == [items_of(world, run_id)]
    assert world.run(run_id)["status"] == "expired"
    assert not {"queued", "in_progress"} & {each["status"] for each in world.simulator.resources()}


@pytest.mark.parametrize("record", ["call", "turn"])
def test_a_run_that_is_cancelled_while_its_calls_are_written_down_stays_as_it_ended(world: World, record):
    run_id = world.start(calling(QUESTION), saying("done"), tools=TOOLS)
    ended: list[list[dict[str, Any]]] = []

    def cancel() -> None:
        world.request("POST", f"/runs/{run_id}/cancel", {})
        world.deliver(*(each for each in world.run_queue.visible if content(each).get("reason") == "cancel"))
        if world.is_over(run_id):
            ended.append(items_of(world, run_id))

    world.wire.interceptor = at_first(lambda request: is_write_of(request, record), cancel)
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] == "cancelled"
    assert [name for _, name, outcome in outcomes(world, run_id) if outcome == "pending"] == []
    assert ended in ([], [items_of(world, run_id)])


# -- D5 to D9: what gets lost, and what is down ------------------------------------------------------------


def test_an_end_whose_write_was_never_answered_is_announced(world: World):
    run_id = world.start(saying("done"))
    is_end = at_first(
        lambda request: is_write_of(request, "run") and {"S": "completed"} in values_of(request),
        lambda: Fault.LOSE_REPLY,
    )
    world.wire.interceptor = is_end

    world.run_to_end(run_id)
    world.settle()

    ends = [each["status"] for each in announced(world, "Run Status Changed")]
    assert ends.count("completed") == 1


def values_of(request: Request) -> list[Any]:
    return list(request.body.get("ExpressionAttributeValues", {}).values())


def strangers_webhook(number: int) -> dict[str, Any]:
    """Make a webhook of another app, signed."""
    body = as_bytes(event("response.completed", {"id": f"resp_other{number}"}))
    headers = signed_headers(body, f"wh_other{number}", [site().webhook_secret])
    return proxy_event("POST", PATH, headers=headers.items(), body=body)


def relayed(world: World) -> set[str]:
    return {each["webhook_id"] for each in announced(world, "Webhook Relayed") if is_taken(world, each)}


def is_taken(world: World, detail: dict[str, Any]) -> bool:
    """Say whether EventBridge took an event with such a detail."""
    puts = (each for each in world.wire.exchanges if each.request.operation == "PutEvents")
    return any(json.dumps(detail) == put.request.body["Entries"][0]["Detail"] for put in puts)


@pytest.mark.parametrize("service", ["eventbridge", "openai"])
def test_webhooks_of_others_are_relayed_though_something_is_down_for_two_minutes(world: World, service):
    until = world.clock.time() + 120

    def be_down(request: Request) -> Answer | None:
        return OUT_OF_ORDER if request.service == service and world.clock.time() < until else None

    world.wire.interceptor = be_down
    for number in range(STRANGERS):
        assert world.receive_webhook(strangers_webhook(number))["statusCode"] == 202
    world.settle()

    assert world.run_queue.dead_letters == []
    assert relayed(world) == {f"wh_other{number}" for number in range(STRANGERS)}


@pytest.fixture
def keyless(world: World) -> Iterator[World]:
    """A world in which workers that begin anew find no key."""
    yield world
    put_key(API_KEY)
    world.start_anew()


def put_key(value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=value)


@pytest.mark.parametrize("secret", ['{"session": "sk-x"}', "{}", "no key at all\n"])
def test_a_run_passes_its_deadline_though_there_is_no_key(keyless: World, secret):
    keyless.patience_seconds = 0.1
    run_id = keyless.start(ENDLESS, deadline_seconds=300)
    keyless.step_until(lambda: keyless.run(run_id)["status"] == "in_progress")
    put_key(secret)
    keyless.start_anew()

    keyless.clock.skip(400)
    keyless.sweep()
    for _ in range(20):
        keyless.step()

    run = keyless.run(run_id)
    assert (run["status"], (run["error"] or {}).get("code")) == ("expired", "deadline")
    assert keyless.run_queue.dead_letters == []
