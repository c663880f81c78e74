"""A Response object, read as a turn.

A Response that calls functions ends `completed`, with the calls among its output items.
"""

from collections.abc import Sequence

from contracts.records import Failure

from functions.worker.core.observation import TurnSeen
from functions.worker.providers.marks import marks_in, may_be_anothers
from functions.worker.providers.output_items import left_open, may_have_acted, requested
from functions.worker.providers.plain_json import (
    Object,
    failure,
    failure_in,
    object_in,
    objects_in,
    text_in,
    usage_in,
    word_in,
)


def turn_seen(response: Object) -> TurnSeen:
    """Read a Response object, which has an `id` and a `status`, as a turn."""
    output = objects_in(response.get("output"))
    run_id, run_turn = marks_in(response)
    return TurnSeen(
        provider_id=response["id"],
        status=word_in(response["status"]),
        calls=tuple(requested(output)),
        unanswerable=tuple(left_open(output)),
        output_text=_said(output, "output_text", "text"),
        refusal=_said(output, "refusal", "refusal"),
        usage=usage_in(response.get("usage")),
        error=_failure(response),
        run_id=run_id,
        run_turn=run_turn,
        may_be_anothers=may_be_anothers(response),
        may_have_acted=may_have_acted(output),
        body=response,
    )


def _said(output: Sequence[Object], kind: str, field: str) -> str:
    """Join what the messages say in parts of a kind, as the SDK's `output_text` does."""
    return "".join(
        text_in(part.get(field))
        for item in output
        if item.get("type") == "message"
        for part in objects_in(item.get("content"))
        if part.get("type") == kind
    )


def _failure(response: Object) -> Failure | None:
    """Say why a turn ended badly, in the provider's words."""
    if error := failure_in(response.get("error")):
        return error
    if details := object_in(response.get("incomplete_details")):
        return failure(text_in(details.get("reason")) or "unknown", "The turn was cut short.")
    return None
