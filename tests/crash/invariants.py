"""What must be true of a run when all is quiet, whatever broke on the way: one function for each promise.

Each gives a sentence for everything that is wrong.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.crash.branches import Point
from tests.crash.crash_world import Client
from tests.crash.scenarios import LAST_WORDS, Scenario
from tests.harness.promises import Promise, broken

TOLD_UNKNOWN = "may or may not have"


@dataclass(frozen=True)
class Evidence:
    """What is left of a run: records, what OpenAI saw, and what happened in the shop.

    Attributes:
        point: Where something broke, if it did.
    """

    client: Client
    scenario: Scenario
    point: Point | None

    @cached_property
    def run(self) -> dict[str, Any]:
        return self.client.world.run(self.client.run_id)

    @cached_property
    def timeline(self) -> list[dict[str, Any]]:
        return self.client.world.timeline(self.client.run_id)

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        return self.client.world.simulator.journal(kind="request")

    @cached_property
    def resources(self) -> list[dict[str, Any]]:
        """What was created at OpenAI for the run."""
        every = self.client.world.simulator.resources()
        return [each for each in every if each["metadata"].get("runrelay_run_id") == self.client.run_id]

    @cached_property
    def effects(self) -> Counter[tuple[str, str]]:
        """How often each call had an effect: kind of effect and call id."""
        return Counter((each["effect"], each["call_id"]) for each in self.client.world.simulator.effects())

    @property
    def orphans(self) -> list[str]:
        """The ids of what was created once too often, as the timeline has them."""
        return [each["provider_id"] for each in self.timeline if each["type"] == "orphan_cancelled"]

    def calls(self, *names: str) -> list[dict[str, Any]]:
        """Give the records of calls, of some tools or of all."""
        return [call for call in self.run["calls"] if not names or call["name"] in names]

    @property
    def may_be_unknown(self) -> bool:
        """Whether the tool function was killed: what it had begun, nobody knows."""
        return self.point is not None and self.point.is_kill and self.point.request.sender == "tools"


def the_run_ended_as_it_would_have(seen: Evidence) -> Iterator[str]:
    run = seen.run
    if run["status"] != "completed":
        yield f"it is {run['status']}: {run['error']}"
        return
    if run["result"]["output_text"] != LAST_WORDS:
        yield f"it ended with the words {run['result']['output_text']!r}"
    if run["turn"] != len(seen.scenario.turns) + 1:
        yield f"it took {run['turn']} turns"
    if sorted(call["name"] for call in seen.calls()) != sorted(seen.scenario.calls):
        yield f"these calls are on record: {[call['name'] for call in seen.calls()]}"


def no_call_is_left_open(seen: Evidence) -> Iterator[str]:
    for call in seen.calls():
        if call["outcome"] in ("pending", "awaiting_decision", "running"):
            yield f"{call['name']} is {call['outcome']}"


def each_pure_call_has_its_output(seen: Evidence) -> Iterator[str]:
    for call in seen.calls("get_order"):
        if call["outcome"] != "succeeded" or "order_id" not in (call["output"] or ""):
            yield f"get_order {call['outcome']} with {call['output']!r}"


def each_keyed_effect_happened_exactly_once(seen: Evidence) -> Iterator[str]:
    for call in seen.calls("refund_order"):
        if call["outcome"] != "succeeded":
            yield f"refund_order {call['outcome']}: {call['error']}"
        if (times := seen.effects["refund", call["call_id"]]) != 1:
            yield f"{times} refunds for one call"


def each_once_effect_happened_at_most_once(seen: Evidence) -> Iterator[str]:
    """Unknown is a call only if the function that ran it was killed; else it had its effect exactly once."""
    for call in seen.calls("send_email"):
        times = seen.effects["email", call["call_id"]]
        match call["outcome"]:
            case "succeeded" if times == 1:
                continue
            case "unknown" if times <= 1 and seen.may_be_unknown:
                continue
            case outcome:
                yield f"send_email {outcome}, {times} emails: {call['error']}"


def nothing_happened_that_no_call_asked_for(seen: Evidence) -> Iterator[str]:
    known = {call["call_id"] for call in seen.calls()}
    for effect, call_id in seen.effects:
        if call_id not in known:
            yield f"{effect} for {call_id}"


def the_model_was_told_of_each_unknown_outcome(seen: Evidence) -> Iterator[str]:
    told = json.dumps([entry["request"] for entry in seen.requests])
    are_unknown = any(call["outcome"] == "unknown" for call in seen.calls())
    if are_unknown != (TOLD_UNKNOWN in told):
        yield f"unknown: {are_unknown}, told: {TOLD_UNKNOWN in told}"


def one_follow_up_lives_for_each_turn(seen: Evidence) -> Iterator[str]:
    """Whatever else was created for the run was cancelled, and is on its timeline."""
    own = {each["provider_id"].rpartition("/")[2] for each in seen.timeline if each["type"] == "turn_ended"}
    if seen.run["kind"] == "response" and len(own) != seen.run["turn"]:
        yield f"{len(own)} responses for {seen.run['turn']} turns"
    if seen.run["kind"] != "response" and len(own) != 1:
        yield f"the run's turns have the ids {own}"
    orphans = {orphan.rpartition("/")[2] for orphan in seen.orphans}
    for resource in seen.resources:
        if resource["id"] in own & orphans:
            yield f"{resource['id']} is the run's, and an orphan"
        if resource["id"] not in own | orphans:
            yield f"{resource['id']} was created and nobody knows of it"
        if resource["id"] in orphans and not _is_cancelled(seen, resource["id"]):
            yield f"the orphan {resource['id']} was not cancelled"


def _is_cancelled(seen: Evidence, resource_id: str) -> bool:
    """Say whether a cancel was asked for: what had ended by then stays as it ended."""
    for entry in seen.requests:
        if f"{resource_id}/cancel" in entry["path"]:
            return True
        if f"{resource_id}/events" in entry["path"] and "input.cancel" in json.dumps(entry["request"]):
            return True
    return False


def nothing_is_in_a_dead_letter_queue(seen: Evidence) -> Iterator[str]:
    for queue in (seen.client.world.run_queue, seen.client.world.tool_queue):
        yield from (f"{queue.logical_id}: {letter.body}" for letter in queue.dead_letters)


def nothing_is_left_on_a_queue(seen: Evidence) -> Iterator[str]:
    for queue in (seen.client.world.run_queue, seen.client.world.tool_queue):
        yield from (f"{queue.logical_id}: {message.body}" for message in queue.messages)


def each_acknowledged_webhook_was_queued(seen: Evidence) -> Iterator[str]:
    world = seen.client.world
    queued = {
        json.loads(exchange.request.body["MessageBody"]).get("webhook_id")
        for exchange in world.wire.exchanges
        if exchange.request.operation == "SendMessage" and exchange.answer.get("MessageId")
    }
    for webhook_id in world.acknowledged - queued:
        yield f"{webhook_id} was answered with a 202"


def the_timeline_tells_one_story(seen: Evidence) -> Iterator[str]:
    types = [each["type"] for each in seen.timeline]
    counts = Counter(types)
    moments = [each["at"] for each in seen.timeline]
    if moments != sorted(moments):
        yield f"it is out of order: {moments}"
    if types[0] != "run_created" or counts["run_created"] != 1 or counts["run_ended"] != 1:
        yield f"it does not go from one start to one end: {types}"
    if not counts["turn_started"] == counts["turn_ended"] == seen.run["turn"]:
        yield f"turns do not match: {counts}"
    if not counts["call_requested"] == counts["call_started"] == counts["call_ended"] == len(seen.calls()):
        yield f"calls do not match: {counts}"
    after_the_end = types[types.index("run_ended") + 1 :] if "run_ended" in types else []
    if strays := set(after_the_end) - {"orphan_cancelled", "webhook_received"}:
        yield f"it goes on after its end: {strays}"


PROMISES: tuple[Promise[Evidence], ...] = (
    the_run_ended_as_it_would_have,
    no_call_is_left_open,
    each_pure_call_has_its_output,
    each_keyed_effect_happened_exactly_once,
    each_once_effect_happened_at_most_once,
    nothing_happened_that_no_call_asked_for,
    the_model_was_told_of_each_unknown_outcome,
    one_follow_up_lives_for_each_turn,
    nothing_is_in_a_dead_letter_queue,
    nothing_is_left_on_a_queue,
    each_acknowledged_webhook_was_queued,
    the_timeline_tells_one_story,
)


def broken_promises(seen: Evidence) -> list[str]:
    """Name each promise that was broken, and how."""
    return broken(PROMISES, seen)
