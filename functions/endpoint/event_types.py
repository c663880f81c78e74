"""Which events the endpoint subscribes to: all there are of the two APIs whose runs have webhooks."""

from collections.abc import Iterable

PREFIXES = ("response.", "agent.session.")

KNOWN = frozenset(
    {
        *(f"response.{word}" for word in ("completed", "failed", "incomplete", "cancelled")),
        *(
            f"agent.session.{word}"
            for word in ("created", "in_progress", "action_required", "idle", "failed")
        ),
    }
)
"""As in the SDK's `webhooks.create`, for a server that does not tell what it offers."""

TESTED = "response.completed"


def wanted_of(offered: Iterable[str]) -> frozenset[str]:
    """Choose from what OpenAI offers a project, which may be more than the SDK knows, or less."""
    return frozenset(each for each in offered if each.startswith(PREFIXES)) or KNOWN


def tested_of(subscribed: Iterable[str]) -> str:
    """Choose the event of a test delivery; one of a type that is not subscribed may be refused."""
    return TESTED if TESTED in subscribed else min(subscribed, default=TESTED)
