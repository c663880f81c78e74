"""What must be true of a run when all is quiet, whatever came in between: one function for each promise.

Each gives a sentence for everything that is wrong.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.harness.promises import Promise, broken
from tests.interleavings.busy_world import BusyWorld, Told
from tests.interleavings.scenarios import LAST_WORDS
from tests.interleavings.telling import OPEN, answers_in, is_so

AT_WORK = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
CREATES = ("POST /v1/responses", "POST /v1/agents/sessions", "POST /v1/threads")
EFFECTS = {"send_email": "email", "refund_order": "refund"}


@dataclass(frozen=True)
class Evidence:
    """What is left of a run: records, what OpenAI saw, the shop's effects, what the client was told."""

    world: BusyWorld

    @cached_property
    def run(self) -> dict[str, Any]:
        return self.world.show()

    @cached_property
    def timeline(self) -> list[dict[str, Any]]:
        return self.world.timeline()

    @cached_property
    def resources(self) -> list[dict[str, Any]]:
        with self.world.looking():
            return self.world.small.simulator.resources()

    @cached_property
    def effects(self) -> Counter[tuple[str, str]]:
        with self.world.looking():
            made = self.world.small.simulator.effects()
        return Counter((each["effect"], each["call_id"]) for each in made)

    @property
    def accepted(self) -> list[Told]:
        """What the client was told would be done."""
        return [each for each in self.world.told if each.status == 202]

    def call(self, call_id: str | None) -> dict[str, Any]:
        return next((each for each in self.run["calls"] if each["call_id"] == call_id), {})

    @cached_property
    def may_end(self) -> set[str]:
        """How the run may end, after what the client was told and by its deadline, or a thread run's."""
        is_cancelled = any(each.what == "cancel" for each in self.accepted)
        ends = {"cancelled"} if is_cancelled else {"completed"}
        is_expired = any(each["status"] == "expired" for each in self.resources)
        if self.run["ended_at"] >= self.run["deadline"] or (is_expired and not is_cancelled):
            ends.add("expired")
        return ends


def the_run_ended_as_it_had_to(seen: Evidence) -> Iterator[str]:
    run = seen.run
    if run["status"] not in seen.may_end:
        yield f"it is {run['status']}, {run['error']}, and not {sorted(seen.may_end)}"
    if run["status"] == "completed" and run["result"]["output_text"] != LAST_WORDS:
        yield f"it ended with the words {run['result']['output_text']!r}"
    if run["status"] == "completed" and run["turn"] != len(seen.world.scenario.script):
        yield f"it took {run['turn']} turns"


def each_call_is_on_record_in_its_turn(seen: Evidence) -> Iterator[str]:
    by_turn: dict[int, list[str]] = {}
    for call in seen.run["calls"]:
        by_turn.setdefault(call["turn"], []).append(call["name"])
    turns = range(1, len(seen.world.scenario.script) + 1)
    is_whole = seen.run["status"] == "completed"
    for turn in sorted({*by_turn, *(turns if is_whole else ())}):
        asked, recorded = Counter(seen.world.scenario.asked(turn)), Counter(by_turn.get(turn, []))
        if recorded - asked or (is_whole and asked - recorded):
            yield f"turn {turn} asked for {[*asked.elements()]}, on record: {[*recorded.elements()]}"


def no_call_is_left_open(seen: Evidence) -> Iterator[str]:
    for call in seen.run["calls"]:
        if call["outcome"] in OPEN:
            yield f"{call['name']} is {call['outcome']}"


def each_call_came_out_as_it_had_to(seen: Evidence) -> Iterator[str]:
    if seen.run["status"] != "completed":
        return
    for call in seen.run["calls"]:
        usual = seen.world.scenario.outcomes.get(call["name"], "succeeded")
        if call["call_id"] in seen.world.asked_too_late:
            usual = "denied"
        given = [each for each in seen.accepted if each.call_id == call["call_id"]]
        for each in given:
            usual = "succeeded" if each.what == "output" or each.body["approve"] else "denied"
        if call["outcome"] != usual:
            yield f"{call['name']} {call['outcome']} with {call['error']}, and not {usual}"


def each_effect_happened_once_for_its_call(seen: Evidence) -> Iterator[str]:
    for call in seen.run["calls"]:
        if call["name"] in EFFECTS:
            times = seen.effects[EFFECTS[call["name"]], call["call_id"]]
            if times != (call["outcome"] == "succeeded"):
                yield f"{call['name']} {call['outcome']}, and took effect {times} times"
    known = {call["call_id"] for call in seen.run["calls"]}
    for effect, call_id in seen.effects:
        if call_id not in known:
            yield f"{effect} for a call that is on no record"


def one_create_a_turn(seen: Evidence) -> Iterator[str]:
    created: Counter[str] = Counter()
    for exchange in seen.world.small.wire.exchanges:
        request = exchange.request
        is_create = request.operation in CREATES or request.operation.endswith("/runs")
        if request.operation.startswith("POST") and is_create and exchange.status < 300:
            marks = request.body.get("metadata", {})
            turn = marks.get("runrelay_turn", marks.get("turn", "a thread"))
            created[f"{request.operation.rpartition('/')[2]}, {turn}"] += 1
    yield from (f"{times} creates of {what}" for what, times in created.items() if times > 1)


def nothing_is_an_orphan(seen: Evidence) -> Iterator[str]:
    """Unless the run was cancelled or expired while its create was under way."""
    for each in seen.timeline:
        if each["type"] == "orphan_cancelled" and seen.run["status"] not in ("cancelled", "expired"):
            yield f"turn {each['turn']} has one, and no answer was lost"


def nothing_is_left_at_work_at_the_provider(seen: Evidence) -> Iterator[str]:
    for resource in seen.resources:
        if resource["status"] in AT_WORK:
            yield f"a {resource['object']} is {resource['status']}"


def each_acknowledged_decision_stands(seen: Evidence) -> Iterator[str]:
    first: dict[str | None, Told] = {}
    for each in seen.accepted:
        if each.what == "decision":
            first.setdefault(each.call_id, each)
    for call_id, told in first.items():
        call, word = seen.call(call_id), "approved" if told.body["approve"] else "denied"
        if call.get("decision") != word:
            yield f"{word} was accepted, and {call.get('decision')} stands: {call.get('error')}"
        elif call.get("decision_reason") not in (None, told.body["reason"]):
            yield f"the reason was {told.body['reason']}, and {call['decision_reason']} stands"


def each_acknowledged_output_stands(seen: Evidence) -> Iterator[str]:
    for told in seen.accepted:
        call = seen.call(told.call_id)
        if told.what == "output" and call.get("output") != told.body["output"]:
            yield f"{told.body['output']!r} was accepted, and {call.get('output')!r} stands"


def what_the_model_was_told_stands(seen: Evidence) -> Iterator[str]:
    told: set[str] = set()
    for exchange in seen.world.small.wire.exchanges:
        if exchange.status >= 300:
            continue
        for answer in answers_in(exchange.request):
            told.add(answer.call_id)
            if (call := seen.call(answer.call_id)) and not is_so(call, answer):
                yield f"the model was told {answer}; on record is {call['outcome']} {call['output']!r}"
    if seen.run["status"] == "completed":
        for call in seen.run["calls"]:
            if call["call_id"] not in told:
                yield f"the model was never told of {call['name']}"


def the_timeline_tells_one_story(seen: Evidence) -> Iterator[str]:
    types = [each["type"] for each in seen.timeline]
    counts = Counter(types)
    moments = [each["at"] for each in seen.timeline]
    if moments != sorted(moments):
        yield f"it is out of order: {moments}"
    if types[0] != "run_created" or counts["run_created"] != 1 or counts["run_ended"] != 1:
        yield f"it does not go from one start to one end: {types}"
    if seen.run["status"] == "completed" and not (
        counts["turn_started"] == counts["turn_ended"] == seen.run["turn"]
    ):
        yield f"turns do not match the last one, {seen.run['turn']}: {dict(counts)}"
    if counts["call_requested"] != counts["call_ended"]:
        yield f"calls do not match: {dict(counts)}"


def each_call_ends_before_the_next_turn_starts(seen: Evidence) -> Iterator[str]:
    started = {each["turn"]: each["at"] for each in seen.timeline if each["type"] == "turn_started"}
    for each in seen.timeline:
        if each["type"] == "call_ended" and each["at"] > started.get(each["turn"] + 1, each["at"]):
            yield f"{each['name']} of turn {each['turn']} ends {each['outcome']} after the next turn started"


def its_end_was_announced_and_no_other(seen: Evidence) -> Iterator[str]:
    ends = {"completed", "incomplete", "failed", "cancelled", "expired", "lost"}
    announced = [each["status"] for each in seen.world.watch.announced if each["status"] in ends]
    if set(announced) != {seen.run["status"]}:
        yield f"announced was {announced}, and it is {seen.run['status']}"


def nothing_is_left_on_a_queue(seen: Evidence) -> Iterator[str]:
    for queue in (seen.world.small.run_queue, seen.world.small.tool_queue):
        yield from (f"dead on {queue.logical_id}: {_content(letter)}" for letter in queue.dead_letters)
        yield from (f"left on {queue.logical_id}: {_content(message)}" for message in queue.messages)


def _content(message: Any) -> str:
    body = json.loads(message.body)
    return f"{body['message']} {body.get('reason', '')}".rstrip()


def no_record_failed(seen: Evidence) -> Iterator[str]:
    for function in ("worker", "tools"):
        for line in seen.world.small.output(function).splitlines():
            if '"record failed"' in line or '"event not announced"' in line:
                yield f"{function}: {line}"


PROMISES: tuple[Promise[Evidence], ...] = (
    the_run_ended_as_it_had_to,
    each_call_is_on_record_in_its_turn,
    no_call_is_left_open,
    each_call_came_out_as_it_had_to,
    each_effect_happened_once_for_its_call,
    one_create_a_turn,
    nothing_is_an_orphan,
    nothing_is_left_at_work_at_the_provider,
    each_acknowledged_decision_stands,
    each_acknowledged_output_stands,
    what_the_model_was_told_stands,
    the_timeline_tells_one_story,
    each_call_ends_before_the_next_turn_starts,
    its_end_was_announced_and_no_other,
    nothing_is_left_on_a_queue,
    no_record_failed,
)


def broken_promises(seen: Evidence) -> list[str]:
    """Name each promise that was broken, and how."""
    return broken(PROMISES, seen)
