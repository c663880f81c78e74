"""What is said of the endpoint."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contracts import instant

from runrelay.progress import console
from runrelay.webhook.listening import Forwarded
from runrelay.webhook.sending import is_taken

HEADINGS: Final = {
    "registered": "The endpoint is registered.",
    "rotated": "The signing secret is rotated.",
    "unchanged": "The endpoint is there.",
    "too_early": "The signing secret is not rotated.",
    "deleted": "The endpoint is deleted.",
    "absent": "There is no endpoint.",
    "no_key": "There is no OpenAI key yet.",
    "refused": "OpenAI refused it.",
    "failed": "It came to nothing. Ask again: what was done is found, and gone on from.",
}
GOOD: Final = {"registered", "rotated", "unchanged", "deleted"}


def say_report(report: dict[str, Any]) -> None:
    """Say what was done, and how the endpoint is."""
    outcome: str = report["outcome"]
    _say(HEADINGS.get(outcome, outcome), style="green" if outcome in GOOD else "red")
    for did in report["did"]:
        _say(f"  {did}")
    if report["message"]:
        _say(f"  {report['message']}")
    say_facts(_facts(report))


def say_facts(facts: Mapping[str, str]) -> None:
    """Say them, each by its name."""
    for name, value in facts.items():
        _say(f"  {name:<12}{value}")


def say_sent(event: dict[str, Any], url: str, status: int) -> None:
    """Say what became of an event that was posted from here."""
    _say(f"HTTP {status}", style="green" if is_taken(status) else "red")
    _say(f"  {event['type']} {event['id']} to {url}")


def say_forwarded(one: Forwarded) -> None:
    """Say one webhook, in a line."""
    style = "green" if is_taken(one.status) else "red"
    facts = f"{one.at.astimezone():%H:%M:%S}  {one.type:<30}  {one.about or '-'}"
    _say(f"{facts}  {one.status or one.trouble}", style=style)


def _facts(report: dict[str, Any]) -> dict[str, str]:
    facts = {}
    if report["endpoint_id"]:
        facts["endpoint"] = report["endpoint_id"]
        facts["url"] = report["url"]
        facts["events"] = ", ".join(report["event_types"])
    if report["secrets_held"]:
        old = f", and {report['secrets_held'] - 1} before it" if report["secrets_held"] > 1 else ""
        facts["secret"] = f"{_age(report['secret_made_at'])} old{old}"
    if report["test_status"]:
        facts["test"] = f"OpenAI's test event got HTTP {report['test_status']}"
    return facts


def _age(made_at: str) -> str:
    age = datetime.now(UTC) - instant.from_text(made_at)
    if age < timedelta(hours=1):
        return f"{max(0, age // timedelta(minutes=1))} min"
    return f"{age // timedelta(hours=1)} h" if age < timedelta(days=2) else f"{age.days} days"


def _say(words: str, *, style: str = "") -> None:
    console.print(words, style=style, markup=False, soft_wrap=True)
