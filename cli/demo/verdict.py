"""Whether a run ended as its story says it must."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.demo.evidence import Evidence
from cli.demo.stories import Story


def differences(story: Story, run: Mapping[str, Any], evidence: Evidence) -> Iterator[str]:
    """Say what is not as it should be, a sentence each."""
    text = (run["result"] or {}).get("output_text", "")
    if run["status"] != story.status:
        yield f"It is {run['status']} and should be {story.status}{_reason(run)}."
    elif text != story.text:
        yield f"It says {text!r} and should say {story.text!r}."
    if dict(evidence.effects) != dict(story.effects):
        yield f"The shop saw {in_words(evidence.effects)} and should have seen {in_words(story.effects)}."


def in_words(effects: Mapping[str, int]) -> str:
    """Write effects as `3 refunds, 1 email`."""
    counted = (f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(effects.items()))
    return ", ".join(counted) or "none"


def _reason(run: Mapping[str, Any]) -> str:
    return f" ({run['error']['code']}: {run['error']['message']})" if run["error"] else ""
