"""The page that is left of a soak."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from contracts.status import Kind

from tests.soak.conservation import Evidence, longest_stand_still
from tests.soak.drive import Drive
from tests.soak.plan import KINDS, Json
from tests.soak.standstill import Bound

MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Soak:
    """A soak that is over.

    Attributes:
        seconds: How long the runs took, all together.
        deaths: How many invocations ended with the process.
        lost_seconds: How late the machine's heartbeats were, all together.
    """

    command: str
    seed: int
    began_at: datetime
    seconds: float
    revision: str
    drive: Drive
    evidence: Evidence
    journal: Sequence[Json]
    faults: Json
    bounds: Mapping[Kind, Bound]
    lease_seconds: int
    deaths: int
    lost_seconds: float
    violations: Sequence[str]


def page(soak: Soak) -> str:
    """Write the report in Markdown."""
    return "\n".join(_lines(soak)) + "\n"


def _lines(soak: Soak) -> Iterator[str]:
    runs, seen = soak.drive.runs, soak.evidence
    yield from ("# Chaos soak", "")
    began_at = f"{soak.began_at:%Y-%m-%d %H:%M} UTC"
    yield f"`{soak.command}` · seed {soak.seed} · {began_at} · revision {soak.revision}"
    ended = sum(driven.is_over for driven in runs)
    verdict = "Everything held." if not soak.violations else f"**{len(soak.violations)} violations.**"
    yield from ("", f"{len(runs)} runs accepted, {ended} ended, in {soak.seconds:.0f} s. {verdict}", "")
    yield from _what_happened(soak)
    yield from _conservation(soak)
    yield from _stand_still(soak)
    yield from ("## Dead letters", "")
    yield from (f"- {letter.queue} queue: {letter.about}; its run is over" for letter in seen.letters)
    if not seen.letters:
        yield "None."
    if soak.violations:
        yield from ("", "## Violations", "")
        yield from (f"- {words}" for words in soak.violations[:MOST_SHOWN])
        if len(soak.violations) > MOST_SHOWN:
            yield f"- and {len(soak.violations) - MOST_SHOWN} more"


def _what_happened(soak: Soak) -> Iterator[str]:
    drive = soak.drive
    webhooks = [entry for entry in soak.journal if entry["kind"] == "webhook"]
    requests = [entry for entry in soak.journal if entry["kind"] == "request"]
    yield from ("## What was done to them", "", "| | |", "|---|---|")
    yield f"| faults asked of the simulator | `{json.dumps(soak.faults)}` |"
    yield f"| webhook attempts | {len(webhooks)}: {_counted(entry.get('fault') for entry in webhooks)} |"
    yield f"| OpenAI requests | {len(requests)}: {_counted(entry.get('fault') for entry in requests)} |"
    yield f"| processes killed | {drive.kills.total()}: {_counted(drive.kills.elements())} |"
    yield f"| invocations that died with their process | {soak.deaths} |"
    yield f"| webhooks forged | {drive.forged.total()}, answered {_counted(drive.forged.elements())} |"
    yield f"| requests to our API sent again | {drive.runrelay.retries} |"
    yield ""


def _conservation(soak: Soak) -> Iterator[str]:
    runs, ledger = soak.drive.runs, soak.evidence.ledger
    calls = [call for driven in runs for call in driven.run["calls"]]
    events = [event for driven in runs for event in driven.events]
    woken = (event["woken_by"] for event in events if event["type"] == "turn_ended")
    attempts = (f"claimed {call['attempts']} times" for call in calls if call["executor"] == "tools")
    orphans = sum(event["type"] == "orphan_cancelled" for event in events)
    yield from ("## What came of it", "", "| | |", "|---|---|")
    yield f"| runs ended | {_counted(driven.run['status'] for driven in runs)} |"
    yield f"| kinds | {_counted(driven.planned.kind for driven in runs)} |"
    yield f"| turns ended, by what woke us | {_counted(woken)} |"
    yield f"| calls | {len(calls)}: {_counted(call['outcome'] for call in calls)} |"
    yield f"| calls, by how often they were claimed | {_counted(attempts)} |"
    yield f"| effects in the shop | {_counted(entry['effect'] for entry in ledger)} |"
    yield f"| orphans cancelled | {orphans} |"
    yield ""


def _stand_still(soak: Soak) -> Iterator[str]:
    yield from ("## Standing still", "")
    yield (
        "Under total webhook loss a run stands still for at most the bound, which follows from the "
        "configuration. Where a function was killed, or an answer lost, its lease comes on top: "
        f"up to {soak.lease_seconds} s."
    )
    yield from (
        "",
        "| kind | bound | longest gap in a timeline | of it ours | median of each run's longest |",
        "|---|---|---|---|---|",
    )
    for kind in KINDS:
        runs = [each for each in soak.drive.runs if each.planned.kind == kind]
        gaps = [longest_stand_still(each) for each in runs]
        ours = max((longest_stand_still(each, soak.evidence.lost_seconds) for each in runs), default=0.0)
        if gaps:
            row = f"{max(gaps):.1f} s | {ours:.1f} s | {median(gaps):.1f} s"
            yield f"| {kind} | {soak.bounds[kind]} | {row} |"
    yield from (
        "",
        f"Heartbeats beside the soak, which do almost nothing, were {soak.lost_seconds:.0f} s late in all:",
        "what a gap has of that is the machine's.",
        "",
    )


def _counted(names: Iterable[object]) -> str:
    """Count names, as `30 drop, 1 429`, the most frequent first; what has no name is ordinary."""
    counts = Counter(str(name) if name else "ordinary" for name in names)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"
