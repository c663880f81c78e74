"""Runs in words: a line each in a list, and one at length."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import Final

from runrelay.cli.output import as_json, columns, console, say
from runrelay.client.models import Call, Run, RunSummary, UnreadableRun
from runrelay.reach import Where

STYLES: Final = {"completed": "green", "failed": "red", "lost": "red", "expired": "red"}
WAITING: Final = "yellow"
TITLES: Final = ("run", "kind", "status", "turns", "age", "subject")
LONGEST: Final = 200
"""Characters of an argument or an output; `--json` has all."""


def say_runs(runs: Iterable[RunSummary]) -> None:
    """Print a table at a terminal, and elsewhere a line for each run, its fields between tabs."""
    runs = list(runs)
    rows = [_row(run) for run in runs]
    if not console.is_terminal:
        for row in rows:
            say("\t".join(row))
    elif rows:
        styles = [STYLES.get(run.status, "" if run.is_over else WAITING) for run in runs]
        for line, style in zip(columns([TITLES, *rows]), ["bold", *styles], strict=True):
            say(line, style=style)


def _row(run: RunSummary) -> tuple[str, ...]:
    return (
        run.run_id,
        run.kind,
        run.status,
        str(run.turn),
        age(run.created_at),
        in_one_line(run.subject or ""),
    )


def age(moment: datetime) -> str:
    """Say how long ago something was, in one unit."""
    seconds = max(0, int((datetime.now(UTC) - moment) / timedelta(seconds=1)))
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def say_run(run: Run, where: Where, details: Mapping[tuple[int, str], str]) -> None:
    """Print all that is known of a run, and what can be done next.

    Args:
        details: What is known, for people alone, of why calls failed, by their turns and ids.
    """
    say(f"{run.run_id}  {run.kind}  {run.status}", style=STYLES.get(run.status, "bold"))
    for line in _facts(run):
        say(f"  {line}")
    for turn in run.turns:
        say(f"  turn {turn.turn}  {turn.status}  {turn.provider_id}  {_tokens(turn.usage)}".rstrip())
    for call in run.calls:
        say(f"  {call_in_words(call)}")
        for line in (*_call_facts(call), *details.get((call.turn, call.call_id), "").splitlines()):
            say(f"      {line}", style="dim")
    if run.output_text is not None:
        say(run.output_text)
    for item in run.unreadable:
        say(f"  {item.item} cannot be read: {', '.join(item.attributes)}", style="yellow")
    for command in next_commands(run, where):
        say(f"  {command}", style="cyan")


def say_unreadable(run: UnreadableRun) -> None:
    """Print what can be read of a run whose record is damaged, by the API's names."""
    say(run.run_id, style="bold")
    for name, value in as_json(run.known).items():
        if value not in (None, [], {}, False, 0):
            say(f"  {name}  {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def _facts(run: Run) -> Iterator[str]:
    yield f"created  {run.created_at.isoformat()}, deadline {run.deadline.isoformat()}"
    if run.ended_at:
        yield f"ended    {run.ended_at.isoformat()}"
    if run.subject:
        yield f"subject  {in_one_line(run.subject)}"
    if run.tools:
        yield f"tools    {', '.join(run.tools)}"
    if run.metadata:
        yield f"metadata {json.dumps(as_json(run.metadata), ensure_ascii=False)}"
    if tokens := _tokens(run.usage):
        yield f"usage    {tokens}"
    if run.error:
        yield f"error    {run.error.code}: {in_one_line(run.error.message)}"
    if run.request is not None:
        yield f"request  {json.dumps(as_json(run.request), ensure_ascii=False)}"


def _tokens(usage: object) -> str:
    total = as_json(usage).get("total_tokens") if usage else None
    return f"{total} tokens" if total is not None else ""


def call_in_words(call: Call) -> str:
    """Say what a call asks for and how it stands."""
    return f"call {call.call_id}  {asked(call)}  {call.outcome}"


def asked(call: Call, *, whole: bool = False) -> str:
    """Say what a call asks for, as much of it as is worth a look, or all of it for who is to decide."""
    if call.arguments_left_out:
        return f"{call.name}: its arguments are too long to be shown"
    arguments = call.arguments or ""
    return f"{call.name}({arguments if whole else shortened(arguments)})"


def _call_facts(call: Call) -> Iterator[str]:
    if call.decision:
        by = as_json(call.decided_by or {})
        who = by.get("email") or by.get("sub") or by.get("user_arn") or by.get("type")
        why = f": {in_one_line(call.decision_reason)}" if call.decision_reason else ""
        yield f"{call.decision}{f' by {who}' if who else ''}{why}"
    if call.output is not None:
        yield f"output: {shortened(call.output)}"
    if call.error:
        yield f"{call.error.code}: {shortened(call.error.message)}"
    if call.wait_until and (call.awaits_decision or call.awaits_output):
        yield f"waits until {call.wait_until.isoformat()}"


def next_commands(run: Run, where: Where) -> Iterator[str]:
    """Name the commands that move on a run that waits, or tell why one failed."""
    for call in run.waiting_calls:
        about = f"{run.run_id} {quote(call.call_id)}{where.option}"
        if call.awaits_decision:
            yield f"runrelay calls approve {about}"
            yield f"runrelay calls deny {about} --reason WHY"
        else:
            yield f"runrelay calls output {about} TEXT"
    if run.status in {"failed", "lost"} or any(call.outcome in {"failed", "unknown"} for call in run.calls):
        yield f"runrelay logs {run.run_id}{where.option}"


def in_one_line(text: str) -> str:
    """Give a text in one line, so that no part of it looks like a line of ours."""
    return " ".join(text.split())


def shortened(text: str) -> str:
    """Give a text in one line, or as much of it as is worth a look."""
    line = in_one_line(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
