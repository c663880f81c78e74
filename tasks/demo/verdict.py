"""Whether a run ended as its story says it must, and by the way that its story tells of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.demo.evidence import Evidence
from tasks.demo.show import Told
from tasks.demo.stories import Story

type Json = Mapping[str, Any]


def differences(story: Story, told: Told, evidence: Evidence) -> Iterator[str]:
    """Say what is not as it should be, a sentence each."""
    run = told.run
    text = (run["result"] or {}).get("output_text", "")
    if run["status"] != story.status:
        yield f"It is {run['status']} and should be {story.status}{_reason(run)}."
    elif text != story.text:
        yield f"It says {text!r} and should say {story.text!r}."
    if dict(evidence.effects) != dict(story.effects):
        yield f"The shop saw {in_words(evidence.effects)} and should have seen {in_words(story.effects)}."
    yield from _wrong_with_approval(story.approval, told.events)
    if story.is_recovered:
        yield from _wrong_with_recovery(told.events, evidence)


def _wrong_with_approval(approval: str | None, events: Sequence[Json]) -> Iterator[str]:
    """Compare what the timeline says of calls that were asked about with what a person was to say of one."""
    asked = [event["call_id"] for event in events if event["type"] == "decision_asked"]
    if approval is None and asked:
        yield "A person was asked for a decision, and nobody should have been."
    if approval is None:
        return
    if not asked:
        yield "Nobody was asked for an approval."
    for call_id in asked:
        decided = [each for each in events if each["type"] == "call_decided" and each["call_id"] == call_id]
        if [(event["decision"], event.get("reason")) for event in decided] != [("approved", approval)]:
            yield "A call that waited for a person was not approved by one."


def _wrong_with_recovery(events: Sequence[Json], evidence: Evidence) -> Iterator[str]:
    if evidence.webhooks or not evidence.webhooks_lost:
        yield f"{evidence.webhooks_lost} webhooks were lost and {evidence.webhooks} were not."
    wakers = {event["woken_by"] for event in events if event["type"] == "turn_ended"}
    if wakers != {"check"}:
        yield f"It was moved by {in_words(dict.fromkeys(sorted(wakers), 1))} and not by checks alone."


def in_words(counts: Mapping[str, int]) -> str:
    """Write counts as `3 refunds, 1 email`."""
    counted = (f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items()))
    return ", ".join(counted) or "none"


def _reason(run: Json) -> str:
    return f" ({run['error']['code']}: {run['error']['message']})" if run["error"] else ""
