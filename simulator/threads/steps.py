"""The steps of a run: each message it writes, each round of calls it makes."""

import time
from collections.abc import Iterable, Sequence

from simulator.threads.run_object import usage
from simulator.wire.bodies import JsonObject
from simulator.wire.identifiers import new_id

# How the end of a run ends the step that is in progress, and the field that says when.
ENDINGS = {"cancelled": "cancelled_at", "failed": "failed_at", "expired": "expired_at"}


def message_step(run: JsonObject, message: JsonObject) -> JsonObject:
    """Make the step of a message that is being written."""
    return _step(run, {"type": "message_creation", "message_creation": {"message_id": message["id"]}})


def wrote(step: JsonObject, message: JsonObject, messages: Iterable[JsonObject]) -> None:
    """Complete the step of a message, which was written after reading the others."""
    _complete(step, usage([each for each in messages if each is not message], [message]))


def calls_step(run: JsonObject, required_action: JsonObject) -> JsonObject:
    """Make the step of the calls that a run requires, none of them answered."""
    asked = required_action["submit_tool_outputs"]["tool_calls"]
    calls = [call | {"function": call["function"] | {"output": None}} for call in asked]
    return _step(run, {"type": "tool_calls", "tool_calls": calls})


def answer_calls(step: JsonObject, outputs: Iterable[JsonObject], read: Sequence[JsonObject]) -> None:
    """Complete the step of calls with what was submitted."""
    given = {output["tool_call_id"]: output["output"] for output in outputs}
    calls = step["step_details"]["tool_calls"]
    for call in calls:
        call["function"]["output"] = given[call["id"]]
    _complete(step, usage(read, calls))


def end_step(step: JsonObject, outcome: JsonObject) -> bool:
    """End a step in progress as its run ends, and tell whether it was."""
    status = outcome["status"]
    if step["status"] != "in_progress" or status not in ENDINGS:
        return False
    step |= {"status": status, ENDINGS[status]: int(time.time()), "last_error": outcome.get("last_error")}
    return True


def _complete(step: JsonObject, used: JsonObject) -> None:
    step.update(status="completed", completed_at=int(time.time()), usage=used)


def _step(run: JsonObject, details: JsonObject) -> JsonObject:
    return {
        "id": new_id("step"),
        "object": "thread.run.step",
        "created_at": int(time.time()),
        "run_id": run["id"],
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "step_details": details,
        "metadata": {},
        **dict.fromkeys(("last_error", "usage", "cancelled_at", "completed_at", "expired_at", "failed_at")),
    }
