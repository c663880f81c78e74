"""What the model asks for again with the same arguments: "never twice" is about one call."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import catalog
from contracts.catalog import load_catalog
from contracts.items import to_item
from contracts.records import Failure, LatestCall

from functions.worker.repeats import Repeats, fingerprint_of
from functions.worker.run_store import RunStore
from tests.harness.memory_table import MemoryTable
from tests.harness.quick_aws import QuickAws, serving
from tests.harness.scenario import calling, saying
from tests.harness.template import Template, physical_name
from tests.harness.wire import Fault, Request
from tests.harness.world import World
from tests.integration.worker.traffic import announced
from tests.unit.layer.records import START, a_call, a_run

EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})
TOOLS = ["send_email", "refund_order", "ask_warehouse"]
QUESTION = ("ask_warehouse", {"question": "Is it there?"})
KINDS = ["response", "session", "thread"]

type Declare = Callable[..., None]


@pytest.fixture
def declare(world, monkeypatch, tmp_path):
    """Declare something else about a tool, as far as the worker and the API know it."""

    def declare(name: str, **declared: Any) -> None:
        entries = json.loads(catalog.CATALOG_FILE.read_text())
        changed = [each | (declared if each["name"] == name else {}) for each in entries]
        (tmp_path / "catalog.json").write_text(json.dumps(changed))
        monkeypatch.setattr(catalog, "CATALOG_FILE", tmp_path / "catalog.json")
        catalog.load_catalog.cache_clear()
        world.start_anew()

    yield declare
    catalog.load_catalog.cache_clear()
    world.start_anew()


@pytest.fixture
def store(aws: SimpleNamespace) -> RunStore:
    return RunStore(aws.dynamodb, physical_name("RunTable"))


def emails(world: World) -> int:
    return sum(entry["effect"] == "email" for entry in world.simulator.effects())


def outcomes(world: World, run_id: str) -> list[tuple[int, str, bool]]:
    """Give of each call its turn, its outcome, and whether it shares another's."""
    calls = world.run(run_id)["calls"]
    return [(call["turn"], call["outcome"], call["same_as"] is not None) for call in calls]


def play(world: World, *turns: Any, kind: str = "response", **wanted: Any) -> str:
    run_id = world.start(*turns, saying("done"), kind=kind, tools=TOOLS, **wanted)
    world.run_to_end(run_id)
    world.settle()
    assert world.run(run_id)["status"] == "completed"
    return run_id


def killed_before_it_closes(world: World, *, number: int) -> None:
    """Kill the tool function before it writes what came of a call, the first one or a later one."""
    closes: list[Request] = []

    def intercept(request: Request) -> Fault | None:
        if request.sender != "tools" or ":ended_at" not in json.dumps(request.body):
            return None
        closes.append(request)
        return Fault.KILL_BEFORE if len(closes) == number else None

    world.wire.interceptor = intercept


@pytest.mark.parametrize("kind", KINDS)
def test_a_once_call_asked_for_again_in_a_later_turn_after_it_succeeded_runs(world, kind):
    run_id = play(world, calling(EMAIL), calling(EMAIL), calling(EMAIL), kind=kind)

    assert outcomes(world, run_id) == [(turn, "succeeded", False) for turn in (1, 2, 3)]
    assert emails(world) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_once_call_asked_for_twice_in_one_turn_runs_once(world, kind):
    run_id = play(world, calling(EMAIL, EMAIL), calling(EMAIL), kind=kind)

    assert sorted(outcomes(world, run_id)) == [
        (1, "succeeded", False),
        (1, "succeeded", True),
        (2, "succeeded", False),
    ]
    assert emails(world) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("says", [{"output": "It is there."}, {"error": "It is closed."}, None])
def test_a_once_call_asked_for_twice_in_one_turn_is_asked_of_somebody_outside_once(world, kind, says):
    """The other one comes to what it comes to, and be it that nobody answers."""
    run_id = world.start(calling(QUESTION, QUESTION), saying("done"), kind=kind, tools=TOOLS)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    first, second = (f"/runs/{run_id}/calls/{call['call_id']}/output" for call in world.run(run_id)["calls"])

    if says is not None:
        assert world.request("POST", second, says)["statusCode"] == 409
        assert world.request("POST", first, says)["statusCode"] == 202
    world.run_to_end(run_id)

    one, other = world.run(run_id)["calls"]
    assert [each["call_id"] for each in announced(world, "Call Awaiting Output")] == [one["call_id"]]
    assert other["same_as"] == one["call_id"]
    assert [one[fact] for fact in ("outcome", "output", "error")] == [
        other[fact] for fact in ("outcome", "output", "error")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_once_call_whose_outcome_is_unknown_is_never_run_under_another_id(world, kind):
    killed_before_it_closes(world, number=1)

    run_id = play(world, calling(EMAIL), calling(EMAIL), calling(EMAIL), kind=kind)

    assert outcomes(world, run_id) == [(1, "unknown", False), (2, "unknown", True), (3, "unknown", True)]
    assert emails(world) == 1


def test_what_became_unknown_after_it_had_succeeded_is_not_run_again_either(world):
    killed_before_it_closes(world, number=2)

    run_id = play(world, calling(EMAIL), calling(EMAIL), calling(EMAIL))

    assert outcomes(world, run_id) == [(1, "succeeded", False), (2, "unknown", False), (3, "unknown", True)]
    assert emails(world) == 2


def test_a_call_whose_function_is_killed_each_time_is_told_as_unknown_and_the_run_goes_on(world):
    refund = ("refund_order", {"order_id": "A-1", "cents": 500})
    world.wire.interceptor = lambda request: (
        Fault.KILL_BEFORE if request.sender == "tools" and '":output"' in json.dumps(request.body) else None
    )

    run_id = play(world, calling(refund))

    (call,) = world.run(run_id)["calls"]
    assert (call["outcome"], call["attempts"]) == ("unknown", 3)


def test_a_tool_may_say_that_repeats_share_the_result(world, declare: Declare):
    declare("send_email", repeats="share")

    run_id = play(world, calling(EMAIL), calling(EMAIL), calling(EMAIL))

    assert outcomes(world, run_id) == [
        (1, "succeeded", False),
        (2, "succeeded", True),
        (3, "succeeded", True),
    ]
    assert emails(world) == 1
    assert len({call["output"] for call in world.run(run_id)["calls"]}) == 1


@pytest.mark.parametrize("executor", ["tools", "external"])
def test_nobody_was_asked_about_a_call_that_shares_an_earlier_result(world, declare: Declare, executor):
    declare("refund_order", approval="always", repeats="share", executor=executor)
    refund = calling(("refund_order", {"order_id": "A-1", "cents": 500}))
    run_id = world.start(refund, refund, saying("done"), tools=TOOLS)
    world.step_until(lambda: bool(world.run(run_id)["calls"]))
    first = f"/runs/{run_id}/calls/{world.run(run_id)['calls'][0]['call_id']}"
    world.request("POST", f"{first}/decision", {"approve": True})
    if executor == "external":
        world.request("POST", f"{first}/output", {"output": "refunded"})

    world.run_to_end(run_id)

    other = world.run(run_id)["calls"][1]
    told = {event["type"] for event in world.timeline(run_id) if event.get("turn") == 2}
    assert (other["outcome"], other["wait_until"]) == ("succeeded", None)
    assert not told & {"decision_asked", "call_decided"}
    assert len(announced(world, "Call Awaiting Decision")) == 1


def test_a_shared_result_is_not_for_once_tools_alone(world, declare: Declare):
    refund = ("refund_order", {"order_id": "A-1", "cents": 500})
    declare("refund_order", repeats="share")

    run_id = play(world, calling(refund), calling(refund))

    assert outcomes(world, run_id) == [(1, "succeeded", False), (2, "succeeded", True)]


@pytest.mark.parametrize("repeats", ["run", "share"])
def test_a_call_that_had_no_effect_is_a_call_of_its_own_when_it_is_asked_for_again(
    world, declare: Declare, repeats
):
    declare("ask_warehouse", repeats=repeats)
    run_id = world.start(calling(QUESTION), calling(QUESTION), saying("done"), tools=TOOLS)
    for body in ({"error": "Nobody is here."}, {"output": "yes"}):
        world.step_until(lambda: any(call["outcome"] == "pending" for call in world.run(run_id)["calls"]))
        waiting = next(call for call in world.run(run_id)["calls"] if call["outcome"] == "pending")
        path = f"/runs/{run_id}/calls/{waiting['call_id']}/output"
        assert world.request("POST", path, body)["statusCode"] == 202

    world.run_to_end(run_id)

    assert outcomes(world, run_id) == [(1, "failed", False), (2, "succeeded", False)]


@pytest.fixture
def in_memory(aws) -> Iterator[None]:
    """Have the table answer from memory: moto takes a minute for a thousand items."""
    with serving(QuickAws(MemoryTable(Template({})))):
        yield


@pytest.mark.usefixtures("in_memory")
def test_however_many_once_calls_a_run_has_its_own_record_stays_small(store: RunStore, aws):
    run = a_run(run_id="run_1", turn=1)
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(run))
    repeats = Repeats(store, load_catalog())
    calls = [
        a_call(run_id="run_1", call_id=f"call_{number:0500}", name="send_email", effect="once")
        for number in range(800)
    ]

    settled = [repeats.settle(run, call, f'{{"to": "{number}"}}', START) for number, call in enumerate(calls)]
    advanced = store.advance(run, (*settled, *repeats.noted), status="requires_action")

    assert settled == calls
    assert len(store.calls(run)) == len(calls)
    assert store.latest_call("run_1", fingerprint_of("send_email", '{"to":"799"}')) is not None
    assert len(json.dumps(to_item(advanced))) < 2000


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [({"outcome": "unknown"}, "unknown"), ({"outcome": "succeeded"}, "pending"), ({}, "unknown")],
    ids=["unknown", "succeeded", "still open"],
)
def test_what_an_older_version_noted_on_the_run_still_counts(store: RunStore, aws, earlier, outcome):
    fingerprint = fingerprint_of("send_email", "{}")
    run = a_run(run_id="run_1", turn=2, once_calls={fingerprint: "00001#call_1"})
    call = a_call(run_id="run_1", call_id="call_1", name="send_email", effect="once")
    put = replace(call, **earlier)
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(put))

    settled = Repeats(store, load_catalog()).settle(run, replace(call, turn=2), "{}", START)

    assert settled.outcome == outcome
    assert settled.same_as == (None if outcome == "pending" else "00001#call_1")


def test_of_two_alike_in_one_turn_the_second_shares_and_the_first_is_noted(store: RunStore):
    run = a_run(run_id="run_1")
    call = a_call(run_id="run_1", name="send_email", effect="once")
    repeats = Repeats(store, load_catalog())

    first = repeats.settle(run, call, "{}", START)
    second = repeats.settle(run, replace(call, call_id="call_2"), "{}", START)

    assert first == call
    assert second.same_as == "00001#call_1"
    assert repeats.noted == (LatestCall("run_1", fingerprint_of("send_email", "{}"), 1, "call_1"),)


@pytest.mark.parametrize("latest", [(1, "call_1"), (2, "call_1"), (2, "call_9")], ids=str)
def test_a_turn_that_was_written_down_before_is_settled_as_it_was(store: RunStore, aws, latest):
    turn, call_id = latest
    noted = LatestCall("run_1", fingerprint_of("send_email", "{}"), turn, call_id)
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(noted))
    run, call = a_run(run_id="run_1"), a_call(run_id="run_1", name="send_email", effect="once")

    assert Repeats(store, load_catalog()).settle(run, call, "{}", START) == call


DIED = Failure("tool_died", "The tool's process died.")
REFUSED = Failure("invalid_arguments", "There is no such argument.")


@pytest.mark.parametrize(
    ("facts", "is_shared"),
    [
        ({"outcome": "unknown"}, True),
        ({"outcome": "failed", "error": DIED}, True),
        ({"outcome": "failed"}, True),
        ({"outcome": "failed", "error": REFUSED}, False),
        ({"outcome": "denied", "error": Failure("denied", "No.")}, False),
    ],
    ids=str,
)
def test_what_may_have_taken_effect_is_not_run_again_in_a_later_turn(store: RunStore, aws, facts, is_shared):
    call = a_call(run_id="run_1", name="send_email", effect="once")
    noted = LatestCall("run_1", fingerprint_of("send_email", "{}"), 1, "call_1")
    for record in (replace(call, **facts), noted):
        aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(record))
    again = replace(call, turn=2, call_id="call_2")

    settled = Repeats(store, load_catalog()).settle(a_run(run_id="run_1", turn=2), again, "{}", START)

    assert settled.same_as == ("00001#call_1" if is_shared else None)


NOT_REMEMBERED = {
    "pure": {"name": "get_order", "effect": "pure"},
    "over": {"name": "send_email", "effect": "once", "outcome": "failed"},
    "an approval of the provider's, named like a tool that shares": {
        "name": "ask_warehouse",
        "type": "mcp_approval_request",
        "effect": "pure",
    },
}


@pytest.mark.parametrize("facts", NOT_REMEMBERED.values(), ids=NOT_REMEMBERED)
def test_what_is_neither_once_nor_shared_or_is_over_is_a_call_of_its_own_each_time(store: RunStore, facts):
    sharing = {"ask_warehouse": replace(load_catalog()["ask_warehouse"], repeats="share")}
    repeats = Repeats(store, {**load_catalog(), **sharing})
    run, call = a_run(run_id="run_1"), a_call(run_id="run_1", **facts)
    calls = [call, replace(call, call_id="call_2")]

    assert [repeats.settle(run, each, "{}", START) for each in calls] == calls
    assert not repeats.noted


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}'),
        ('{"a": 5}', '{"a": 5.0}'),
        ('{"a": 100, "b": [0.1]}', '{"a": 1e2, "b": [0.10]}'),
        ('{"a": "\u00e9"}', '{"a": "\\u00e9"}'),
        ("", "{}"),
        (" ", "{}"),
        ("null", "{ }"),
        ("[" * 20_000,) * 2,
        ('{"a": ' + "9" * 5_000 + "}",) * 2,
    ],
    ids=["order", "whole", "numbers", "escape", "empty", "blank", "null", "nested too deep", "5000 digits"],
)
def test_the_same_arguments_are_known_however_they_are_written(one, other):
    assert fingerprint_of("send_email", one) == fingerprint_of("send_email", other)
    assert fingerprint_of("send_email", one) != fingerprint_of("send_email", '{"a": 2}')
    assert fingerprint_of("send_email", one) != fingerprint_of("get_order", one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("5", '"5"'), ("1", "true"), ("0", "false"), ("null", "0"), ("9007199254740993", "9007199254740992.0")],
)
def test_other_arguments_are_another_call_however_near_they_are(one, other):
    one, other = (f'{{"a": {value}}}' for value in (one, other))

    assert fingerprint_of("send_email", one) != fingerprint_of("send_email", other)


def test_what_was_noted_before_5_0_was_5_still_counts(store: RunStore, aws):
    older = hashlib.sha256(b'send_email {"a": 5.0}').hexdigest()[:16]
    call = a_call(run_id="run_1", name="send_email", effect="once", outcome="unknown")
    for record in (call, LatestCall("run_1", older, 1, "call_1")):
        aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(record))
    again = replace(call, turn=2, call_id="call_2", outcome="pending")

    settled = Repeats(store, load_catalog()).settle(a_run(run_id="run_1", turn=2), again, '{"a": 5.0}', START)

    assert settled.same_as == "00001#call_1"
