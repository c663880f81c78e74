"""A run of the Assistants API, read as a turn of ours: a stretch that ends when the run asks for outputs."""

from collections.abc import Iterable
from dataclasses import replace

from contracts.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.openai.marks import marks_in
from functions.worker.openai.plain_json import Object, failure_in, object_in, objects_in, text_in


def thread_run_seen(run: Object, provider_id: str) -> TurnSeen:
    """Read a run, which has an `id` and a `status`."""
    run_id, run_turn = marks_in(run)
    required = object_in(run.get("required_action")) if run["status"] == "requires_action" else {}
    asked = objects_in(object_in(required.get("submit_tool_outputs")).get("tool_calls"))
    is_known = not required or required.get("type") == "submit_tool_outputs"
    return TurnSeen(
        provider_id=provider_id,
        status=run["status"],
        calls=tuple(_requested(call) for call in asked if text_in(call.get("id"))),
        unanswerable=() if is_known else (text_in(required.get("type")) or "untyped",),
        output_text="",
        usage=object_in(run.get("usage")) or None,
        error=_failure(run),
        run_id=run_id,
        run_turn=run_turn,
        body=run,
    )


def last_words(seen: TurnSeen, messages: Iterable[Object]) -> TurnSeen:
    """Add what a run's assistant said last, from the run's messages, newest first."""
    last = next((message for message in messages if message.get("role") == "assistant"), {})
    text = "".join(
        text_in(object_in(part.get("text")).get("value"))
        for part in objects_in(last.get("content"))
        if part.get("type") == "text"
    )
    return replace(seen, output_text=text)


def _requested(call: Object) -> RequestedCall:
    function = object_in(call.get("function"))
    return RequestedCall(call["id"], text_in(function.get("name")), text_in(function.get("arguments")))


def _failure(run: Object) -> Failure | None:
    if failure := failure_in(run.get("last_error")):
        return failure
    if details := object_in(run.get("incomplete_details")):
        return Failure(text_in(details.get("reason")) or "unknown", "The run was cut short.")
    if run["status"] == "expired":
        return Failure("expired", "The provider's run expired.")
    return None
