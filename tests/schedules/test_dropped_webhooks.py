"""With every webhook dropped, runs end all the same, by checks that are few.

The schedule is the template's own: first check after 30 s, turns of 5 s. Nothing is shortened, for the
simulator lives by the world's clock, and that skips whatever nobody waits for.
"""

import json
from collections import Counter

import pytest
from contracts.status import KINDS

from tests.harness.scenario import calling, saying
from tests.schedules.scenarios import ORDER
from tests.schedules.small_world import Sent, SmallWorld
from tests.summary import TOLD

RUNS = 200
TURN_SECONDS = 5
MOST_REQUESTS = 8
TELL_OF_AN_END = frozenset({"response.completed", "agent.session.action_required", "agent.session.idle"})


@pytest.mark.parametrize("kind", KINDS)
def test_runs_end_without_any_webhook_and_with_few_requests(kind, small, is_exhaustive, record_property):
    runs = RUNS if is_exhaustive else RUNS // 8
    turns = [calling(ORDER, seconds=TURN_SECONDS), saying("done", seconds=TURN_SECONDS)]
    run_ids = [small.start_kind(kind, *turns, tools=["get_order"]) for _ in range(runs)]

    small.step_until(lambda: all(map(small.is_over, run_ids)))
    small.settle()

    assert {small.run(run_id)["status"] for run_id in run_ids} == {"completed"}
    requests = requests_by_run(small)
    recovered = counted(small.output("worker"), "WebhookRecovered")
    dropped = small.webhooks_sent()
    mattered = sum(matters(sent, dropped) for sent in dropped)
    record_property(
        TOLD,
        f"{kind}: {runs} runs of {len(turns)} turns of {TURN_SECONDS} s without webhooks, "
        f"OpenAI requests a run {min(requests)} to {max(requests)}, "
        f"{len(dropped)} webhooks dropped, {mattered} of them mattered, {recovered} were recovered",
    )
    assert len(requests) == runs
    if kind == "thread":  # it has no webhooks, and is polled: its requests are only told
        assert not dropped
    else:
        assert max(requests) <= MOST_REQUESTS
    assert recovered == mattered == (0 if kind == "thread" else runs * len(turns))


def matters(sent: Sent, dropped: list[Sent]) -> bool:
    """Say whether a webhook tells of a turn's end; a session's first `idle` is from before its turn."""
    of_its_kind = (each for each in dropped if each.event["type"] == sent.event["type"])
    first = next(each for each in of_its_kind if each.event["data"]["id"] == sent.event["data"]["id"])
    is_before_its_turn = sent.event["type"] == "agent.session.idle" and sent is first
    return sent.event["type"] in TELL_OF_AN_END and not is_before_its_turn


def requests_by_run(world: SmallWorld) -> list[int]:
    """Count the requests to OpenAI for each run, told apart by the ids in their paths and answers."""
    ids: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for entry in world.simulator.journal(kind="request"):
        body, answer = entry["request"] or {}, entry["response"] or {}
        if entry["path"] == "/v1/assistants":
            continue
        run_id = (body.get("metadata") or {}).get("runrelay_run_id") or next(
            run_id for resource, run_id in ids.items() if resource in entry["path"]
        )
        ids.setdefault(answer.get("id", ""), run_id) if entry["method"] == "POST" else None
        counts[run_id] += 1
    return list(counts.values())


def counted(output: str, metric: str) -> int:
    """Add up a metric that a function has printed."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return sum(int(sum(line[metric])) for line in lines if "_aws" in line and metric in line)
