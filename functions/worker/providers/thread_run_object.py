"""A run of the Assistants API, read as a turn of ours: a stretch that ends when the run asks for outputs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from contracts.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.providers.marks import marks_in, may_be_anothers
from functions.worker.providers.plain_json import (
    Object,
    failure,
    failure_in,
    name_in,
    object_in,
    objects_in,
    text_in,
    usage_in,
    word_in,
)


def thread_run_seen(run: Object, provider_id: str) -> TurnSeen:
    """Read a run, which has an `id` and a `status`."""
    run_id, run_turn = marks_in(run)
    required = object_in(run.get("required_action")) if run["status"] == "requires_action" else {}
    asked = objects_in(object_in(required.get("submit_tool_outputs")).get("tool_calls"))
    return TurnSeen(
        provider_id=provider_id,
        status=word_in(run["status"]),
        calls=tuple(_requested(call) for call in asked if text_in(call.get("id"))),
        unanswerable=tuple(_left_open(required, asked)),
        output_text="",
        usage=usage_in(run.get("usage")),
        error=_failure(run),
        run_id=run_id,
        run_turn=run_turn,
        may_be_anothers=may_be_anothers(run),
        body=run,
    )


def _left_open(required: Object, asked: Iterable[Object]) -> Iterator[str]:
    """Name what a run waits for that nobody here can give: a new sort of action, or a call without its id."""
    if required and required.get("type") != "submit_tool_outputs":
        yield word_in(required.get("type")) or "untyped"
    yield from ("tool call without an id" for call in asked if not text_in(call.get("id")))


def last_words(seen: TurnSeen, messages: Iterable[Object]) -> TurnSeen:
    """Add what a run's assistant said last, from the run's messages, newest first."""
    last = next((message for message in messages if message.get("role") == "assistant"), {})
    parts = objects_in(last.get("content"))
    texts = (object_in(part.get("text")).get("value") for part in parts if part.get("type") == "text")
    refusals = (part.get("refusal") for part in parts if part.get("type") == "refusal")
    return replace(seen, output_text="".join(map(text_in, texts)), refusal="".join(map(text_in, refusals)))


def _requested(call: Object) -> RequestedCall:
    function = object_in(call.get("function"))
    return RequestedCall(call["id"], name_in(function.get("name")), text_in(function.get("arguments")))


def _failure(run: Object) -> Failure | None:
    if error := failure_in(run.get("last_error")):
        return error
    if details := object_in(run.get("incomplete_details")):
        return failure(text_in(details.get("reason")) or "unknown", "The run was cut short.")
    if run["status"] == "expired":
        return Failure("expired", "The provider's run expired.")
    return None
