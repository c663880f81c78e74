"""A run's timeline in words, an event at a line's beginning, as it happens."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from runrelay.terminal import harmless

type Json = Mapping[str, Any]

GLYPHS: Final = {
    "run_created": ("●", "bold"),
    "turn_started": ("▶", "cyan"),
    "turn_ended": ("◀", "cyan"),
    "webhook_received": ("·", "dim"),
    "call_requested": ("·", "dim"),
    "decision_asked": ("?", "bold yellow"),
    "call_decided": ("✓", "bold yellow"),
    "call_started": ("·", "dim"),
    "call_ended": ("✓", "green"),
    "run_ended": ("●", "bold green"),
}
OUT_OF_THE_ORDINARY: Final = ("!", "yellow")
FAILED: Final = ("✗", "yellow")
INNER: Final = ("call_", "decision_", "webhook_")
LONGEST_CALL: Final = 44
CONTINUED: Final = "\n" + 17 * " "
"""Before each further line of what somebody said, so that none looks like an event."""

FRAME: Final = re.compile(r'^ *File "([^"\n]*/[^"\n]*)", line (\d+)', re.MULTILINE)


class Timeline:
    """Tells each event of a run once, however often it is given."""

    def __init__(self, run: Json) -> None:
        self._began = datetime.fromisoformat(run["created_at"])
        self._told: set[tuple[Any, ...]] = set()

    def new_lines(self, events: Sequence[Json], run: Json) -> Iterator[Text]:
        """Write the events that were not told yet.

        Args:
            run: Read after the events, so that it knows every call they name.
        """
        for event in self.new(events):
            yield self._line(event, run)

    def new(self, events: Iterable[Json]) -> Iterator[Json]:
        """Give the events that were not told yet; one may come that belongs before those that were."""
        for event in events:
            if (identity := _identity(event)) not in self._told:
                self._told.add(identity)
                yield event

    def doing(self, run: Json) -> str:
        """Say what goes on now."""
        if at_work := _names(run, "pending", "running"):
            return f"{at_work} at work"
        if awaited := _names(run, "awaiting_decision"):
            return f"{awaited} waits for a person, nothing is running"
        if run["status"] == "in_progress":
            watch = "looked at now and then" if run["kind"] == "thread" else "nobody asks"
            return f"turn {run['turn']}: the model is at work, {watch}"
        return "between turns"

    def _line(self, event: Json, run: Json) -> Text:
        seconds = (datetime.fromisoformat(event["at"]) - self._began).total_seconds()
        glyph, style = _glyph(event)
        words, aside = (harmless(each).replace("\n", CONTINUED) for each in in_words(event, run))
        is_inner = event["type"].startswith(INNER)
        return Text.assemble(
            (f"  {seconds:6.2f} s  ", "dim"),
            "   " if is_inner else "",
            (f"{glyph} ", style),
            (words, "" if is_inner else "bold"),
            (f"  {aside}" if aside else "", "dim"),
        )


def _identity(event: Json) -> tuple[Any, ...]:
    """Know an event by what it is about; one out of the ordinary has only its moment."""
    if event["type"] in GLYPHS:
        about = ("turn", "call_id", "attempt", "webhook_id")
        return event["type"], *(event.get(name) for name in about)
    return event["type"], event["at"]


def _names(run: Json, *outcomes: str) -> str:
    return ", ".join(call["name"] for call in run["calls"] if call["outcome"] in outcomes)


def _glyph(event: Json) -> tuple[str, str]:
    if event["type"] == "call_ended" and event["outcome"] != "succeeded":
        return FAILED
    if event["type"] == "run_ended" and event["status"] != "completed":
        return "●", "bold red"
    return GLYPHS.get(event["type"], OUT_OF_THE_ORDINARY)


def in_words(event: Json, run: Json) -> tuple[str, str]:
    """Say what happened, and what is worth an aside."""
    told = TOLD.get(event["type"])
    return told(event, run) if told else (event["type"].replace("_", " "), "")


def _call(event: Json, run: Json) -> str:
    """Write a call as the model might have: `get_order("A-1042")`."""
    texts = (call["arguments"] for call in run["calls"] if call["call_id"] == event["call_id"])
    words = f"{event['name']}({_arguments(next(texts, None) or '')})"
    return words if len(words) <= LONGEST_CALL else words[: LONGEST_CALL - 2] + "…)"


def _arguments(text: str) -> str:
    """Write the values alone; what is no JSON object stays as it is, and an approval is of what it names."""
    try:
        arguments = json.loads(text)
        if arguments.get("type") == "mcp_tool_call":
            arguments = arguments["arguments"]
        return ", ".join(map(json.dumps, arguments.values()))
    except (ValueError, AttributeError, RecursionError):
        return text


def _waker(event: Json, run: Json) -> str:
    """Say who saw a turn end; where there are webhooks, a check is for those that are lost."""
    if event["woken_by"] != "check":
        return f"woken by a {event['woken_by']}"
    return "seen when polled" if run["kind"] == "thread" else "found by a check, before any webhook"


def _attempt(event: Json) -> str:
    return f"attempt {event['attempt']}" if event["attempt"] > 1 else ""


def _result(event: Json, run: Json) -> str:
    if "message" in event:
        return f"{event['code']}: {event['message']}"
    return f"“{run['result']['output_text']}”" if run["result"] else ""


def _why(event: Json) -> str:
    """Say what went wrong, for people: of an exception its last line, and where it was raised."""
    detail = event.get("detail") or ""
    lines = [line for line in detail.splitlines() if line.strip()]
    frames = [(*Path(path).parts[-2:], line) for path, line in FRAME.findall(detail)]
    if not lines or not frames:
        return event.get("message") or ""
    own = [frame for frame in frames if frame[0] == frames[0][0]]  # what a library raised, a tool caused
    folder, file, line = own[-1]
    return f"{lines[-1]}, at {folder}/{file}:{line}"


TOLD: Final[Mapping[str, Callable[[Json, Json], tuple[str, str]]]] = {
    "run_created": lambda _, run: ("run created", run["run_id"]),
    "turn_started": lambda event, _: (f"turn {event['turn']} started", event["provider_id"][:16] + "…"),
    "turn_ended": lambda event, run: (f"turn {event['turn']} {event['status']}", _waker(event, run)),
    "webhook_received": lambda event, _: (f"OpenAI says {event['event_type']}", ""),
    "call_requested": lambda event, run: (f"{_call(event, run)} requested", ""),
    "decision_asked": lambda event, run: (f"{_call(event, run)} waits for a person's decision", ""),
    "call_decided": lambda event, run: (
        f"{_call(event, run)} {event['decision']}",
        f"“{event['reason']}”" if "reason" in event else "",
    ),
    "call_started": lambda event, run: (f"{_call(event, run)} started", _attempt(event)),
    "call_ended": lambda event, run: (f"{_call(event, run)} {event['outcome']}", _why(event)),
    "run_ended": lambda event, run: (f"run {event['status']}", _result(event, run)),
}
"""Event type -> what happened, and what is worth an aside."""
