"""On the local stack, warm: how long from the model's end to the record, and from a call to its tool?

Every process of the stack shares this machine's processors, and each instance of a function is one of them:
with many runs at once they wait for a processor. What shows is where the time goes, and not what AWS takes.
"""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

from bench.answers import Answer, Scale, Sheet
from bench.charts import Bars
from bench.progress import counted
from bench.requests import percentile
from runrelay.logs.search import log_groups
from runrelay.progress import step
from runrelay.stack import Stack
from tasks.checkout import LOCAL
from tasks.demo.clients import Runrelay, Simulator
from tasks.local_stack import LocalStack

AT_ONCE: Final = (1, 100)
TURN_SECONDS: Final = 2
PATIENCE_SECONDS: Final = 600
SCENARIO: Final = "latency"
TURNS: Final = [
    {"seconds": TURN_SECONDS, "calls": [{"name": "get_order", "arguments": {"order_id": "A-1"}}]},
    {"seconds": TURN_SECONDS, "text": "done"},
]
PARAMETERS: Final = {"WorkerConcurrency": "4", "ToolConcurrency": "4", "CheckFirstSeconds": "900"}
STAGES: Final = (
    "delivery: the model's end to the webhook on the queue",
    "queue: on it, until a worker has it",
    "worker: until the turn is recorded",
    "tool queue: call recorded, until its tool runs",
    "tool: until it has ended",
    "answer: until OpenAI has the next turn",
)


def answer(scale: Scale) -> Answer:
    """Start a stack, warm it, and drive one run, and then many at once."""
    sizes = AT_ONCE if not scale.is_small else (1,)
    with LocalStack(LOCAL / "bench", parameters=PARAMETERS) as stack:
        with step("Warming every function's instances up"):
            drive(stack, scale.of(8, small=1))
        seen = {size: drive(stack, size) for size in sizes}
    return Answer(
        sheets=(_sheet(seen),),
        facts={f"{size} at once": _facts(stages) for size, stages in seen.items()},
        charts={"latency": _chart(seen)},
    )


def drive(stack: Stack, runs: int) -> list[list[float]]:
    """Drive runs at once, and give for each stage its seconds, of every turn that has it."""
    runrelay, simulator = Runrelay(stack), Simulator(stack)
    simulator.ask("PUT", f"/_sim/scenarios/{SCENARIO}", {"turns": TURNS})
    began_at = datetime.now(UTC) - timedelta(seconds=1)
    run_ids = [runrelay.ask("POST", "/runs", _body())["run_id"] for _ in range(runs)]
    shown = _ended(runrelay, run_ids)
    lines = _lines(stack, began_at)
    resources = {
        (each["metadata"]["runrelay_run_id"], int(each["metadata"]["runrelay_turn"])): each
        for each in simulator.resources()
        if "runrelay_run_id" in each["metadata"]
    }
    webhooks = {
        each["request"]["data"]["id"]: each["webhook_id"] for each in simulator.journal() if _is_end(each)
    }
    stages: list[list[float]] = [[] for _ in STAGES]
    for run in shown:
        for name, seconds in _stages(run, resources, webhooks, lines):
            stages[STAGES.index(name)].append(seconds)
    return stages


def _body() -> dict[str, Any]:
    return {
        "kind": "response",
        "request": {"model": "gpt-6-astra", "input": "hello"},
        "tools": ["get_order"],
        "metadata": {"scenario": SCENARIO},
    }


def _is_end(entry: Mapping[str, Any]) -> bool:
    return bool(entry["kind"] == "webhook" and entry["request"]["type"] == "response.completed")


def _ended(runrelay: Runrelay, run_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Wait until all have ended, which is asked seldom, so that asking is not what they wait for."""
    ended: dict[str, dict[str, Any]] = {}
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with counted(f"{len(run_ids)} at once", len(run_ids)) as tell:
        while len(ended) < len(run_ids) and time.monotonic() < give_up_at:
            time.sleep(2)
            for run_id in [each for each in run_ids if each not in ended][:20]:
                run = runrelay.run(run_id)
                if run["ended_at"] is None:
                    break
                ended[run_id] = run
            tell(len(ended))
    return list(ended.values())


def _lines(stack: Stack, since: datetime) -> dict[tuple[str, str], float]:
    """Read when each webhook was put on the queue, and when a worker first spoke of it."""
    logs, found = stack.client("logs"), dict[tuple[str, str], float]()
    for group in log_groups(stack.client("cloudformation"), stack.stack_name):
        if not group.endswith(("/webhook", "/worker")):
            continue
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000)
        )
        for line in (_json(event["message"]) for page in pages for event in page["events"]):
            if webhook_id := line.get("webhook_id"):
                key = (group.rpartition("/")[2], webhook_id)
                found[key] = min(found.get(key, float("inf")), _moment(line["timestamp"]))
    return found


def _json(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace(",", ".")).timestamp()


def _stages(
    run: Mapping[str, Any],
    resources: Mapping[tuple[str, int], Mapping[str, Any]],
    webhooks: Mapping[str, str],
    lines: Mapping[tuple[str, str], float],
) -> list[tuple[str, float]]:
    run_id, found = run["run_id"], []
    for turn in run["turns"]:
        resource = resources[run_id, turn["turn"]]
        webhook_id = webhooks.get(resource["id"], "")
        queued, taken = (lines.get((name, webhook_id)) for name in ("webhook", "worker"))
        if queued and taken:
            moments = (resource["ended_at"], queued, taken, _moment(turn["ended_at"]))
            found += [(STAGES[at], moments[at + 1] - moments[at]) for at in range(3)]
    for call in run["calls"]:
        asked, begun, ended = (_moment(call[name]) for name in ("created_at", "started_at", "ended_at"))
        following = resources[run_id, call["turn"] + 1]["created_at"]
        found += [(STAGES[3], begun - asked), (STAGES[4], ended - begun), (STAGES[5], following - ended)]
    return found


def _sheet(seen: Mapping[int, Sequence[Sequence[float]]]) -> Sheet:
    headings = [
        "",
        *(f"{size} at once, {which}" for size in seen for which in ("median s", "99th percentile")),
    ]
    rows = [
        (name, *(shown for stages in seen.values() for shown in _shown(stages[at])))
        for at, name in enumerate(STAGES)
    ]
    return Sheet(
        "Latency on the local stack, warm",
        headings,
        rows,
        (
            f"each run: a turn of {TURN_SECONDS} s that calls one tool, and another turn of {TURN_SECONDS} s",
            "one machine plays AWS, OpenAI and every function: with many runs they wait for its processors",
        ),
    )


def _shown(seconds: Sequence[float]) -> tuple[str, str]:
    if not seconds:
        return "-", "-"
    return f"{median(seconds):.3f}", f"{percentile(seconds, 0.99):.3f}"


def _facts(stages: Sequence[Sequence[float]]) -> dict[str, Any]:
    return {
        name: {"median": round(median(each), 3), "p99": round(percentile(each, 0.99), 3), "of": len(each)}
        for name, each in zip(STAGES, stages, strict=True)
        if each
    }


def _chart(seen: Mapping[int, Sequence[Sequence[float]]]) -> Bars:
    return Bars(
        "Where the time goes, medians",
        "seconds",
        tuple(f"{size} at once" for size in seen),
        {
            name.partition(":")[0]: [median(stages[at]) if stages[at] else 0 for stages in seen.values()]
            for at, name in enumerate(STAGES)
        },
    )
