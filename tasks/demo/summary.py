"""The table at the end: what each run came to, and what polling would have cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from tasks.demo.evidence import Evidence
from tasks.demo.stories import Story
from tasks.demo.verdict import in_words


@dataclass(frozen=True, slots=True)
class Outcome:
    """A story that was told, with what came of it."""

    story: Story
    run: Mapping[str, Any]
    evidence: Evidence
    differences: Sequence[str]


def table(outcomes: Sequence[Outcome]) -> Table:
    """Put the runs side by side."""
    shown = Table(box=box.SIMPLE_HEAD, show_footer=True, padding=(0, 1, 0, 0), pad_edge=False)
    requests, every_second, with_backoff, webhooks = _totals(outcomes)
    shown.add_column("run", "all", no_wrap=True)
    shown.add_column("ended", no_wrap=True)
    shown.add_column("OpenAI\nrequests", str(requests), justify="right", style="bold green", no_wrap=True)
    shown.add_column("polling\nat 1 s", str(every_second), justify="right", no_wrap=True)
    shown.add_column("polling\nbackoff", str(with_backoff), justify="right", no_wrap=True)
    shown.add_column("web-\nhooks", str(webhooks), justify="right", no_wrap=True)
    shown.add_column("effects\nin the shop")
    for outcome in outcomes:
        seen = outcome.evidence
        shown.add_row(
            outcome.story.name,
            Text(outcome.run["status"], style="red" if outcome.differences else "green"),
            str(seen.requests),
            str(seen.requests_every_second),
            str(seen.requests_with_backoff),
            "lost" if seen.webhooks_lost else str(seen.webhooks),
            in_words(seen.effects),
        )
    return shown


def _totals(outcomes: Sequence[Outcome]) -> tuple[int, int, int, int]:
    seen = [outcome.evidence for outcome in outcomes]
    return (
        sum(each.requests for each in seen),
        sum(each.requests_every_second for each in seen),
        sum(each.requests_with_backoff for each in seen),
        sum(each.webhooks for each in seen),
    )
