"""Show every log line about a run, or about whatever else an id names: a call, a webhook, a dead letter."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts import instant

from runrelay.cli.output import print_json, say
from runrelay.command_line import CommandError
from runrelay.logs.search import Line, lines, log_groups
from runrelay.reach import Where, reach, reaching

BY_POWERTOOLS: Final = frozenset({"level", "location", "message", "timestamp", "service"})
"""What every line has, and what the beginning of a line here says."""

ID: Final = re.compile(r"[!#-\[\]-~]+")
"""Visible ASCII; what would end the words that are searched for is no part of an id."""

STYLES: Final = {"ERROR": "red", "WARNING": "yellow"}


def run(where: Where, about: str, *, hours: float, json: bool) -> int:
    """Search for an id, as far back as that; exit code 0 means that something was found.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    if not ID.fullmatch(about):
        raise CommandError("An id is visible ASCII, without spaces and quotes.")
    since = datetime.now(UTC) - timedelta(hours=hours)
    found = _found(where, about, since)
    if json:
        print_json(found)
        return 0 if found else 1
    for line in found:
        _say(line)
    if not found:
        say(f"No line since {instant.to_text(since)} holds {about}.")
    return 0 if found else 1


def _found(where: Where, about: str, since: datetime) -> list[Line]:
    with reaching(where):
        there = reach(where)
        groups = log_groups(there.client("cloudformation"), there.stack_name)
        return lines(there.client("logs"), groups, about, since=since)


def _say(line: Line) -> None:
    """Print a line: when, who, what; then its facts; and under it where an error was raised."""
    at, who = instant.to_text(line.at), line.group.rpartition("/")[2]
    if line.facts is None:
        say(f"{at}  {who}  {line.text}")
        return
    facts = {name: value for name, value in line.facts.items() if name not in BY_POWERTOOLS}
    where = facts.pop("where", [])
    told = "  ".join(f"{name}={_text(value)}" for name, value in facts.items() if value not in (None, []))
    level = line.facts.get("level", "")
    words = f"{at}  {line.facts.get('service', who)}  {level}  {line.facts['message']}  {told}"
    say(words, style=STYLES.get(level, ""))
    for frame in where:
        say(f"    {frame.rstrip()}", style="dim")


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
