"""What is to be done about the endpoint, decided from what is there: facts in, a plan out.

An endpoint is ours by its URL, which is no other stack's. Nothing else is remembered of it: one that was made
and whose answer was lost, one that somebody changed, and one that was made by hand are all mended alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint as OpenAI shows it.

    Attributes:
        secret_hint: Its signing secret with the middle left out.
    """

    id: str
    url: str
    name: str
    event_types: frozenset[str]
    secret_hint: str


@dataclass(frozen=True, slots=True)
class Desired:
    """The endpoint as it should be; it may be subscribed to more, which is its owner's wish."""

    url: str
    name: str
    event_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        kept: The endpoint that stays; none, and one is to be created.
        changes: What of it is to be another, in OpenAI's words.
        is_secret_held: Whether webhooks that it sends can be verified.
        strays: Others at the same URL whose webhooks nobody can verify.
    """

    kept: Endpoint | None = None
    changes: Mapping[str, str | list[str]] = field(default_factory=dict)
    is_secret_held: bool = False
    strays: tuple[Endpoint, ...] = ()


def plan_for(
    desired: Desired, found: Sequence[Endpoint], held: Sequence[str], *, offered: frozenset[str]
) -> Plan:
    """Decide what brings the endpoint to what it should be.

    Args:
        found: The endpoints at our URL, the newest first.
        held: The signing secrets that we hold.
        offered: What can be subscribed to at all.
    """
    if not found:
        return Plan()
    held_ones = [each for each in found if is_held(each.secret_hint, held)]
    kept = held_ones[0] if held_ones else found[-1]
    return Plan(
        kept=kept,
        changes=_changes(kept, desired, offered),
        is_secret_held=bool(held_ones),
        strays=tuple(each for each in found if each is not kept and each not in held_ones),
    )


def is_held(hint: str, held: Sequence[str]) -> bool:
    """Say whether a secret with this hint is among those that we hold; one without a hint is taken for it."""
    shown = [part for part in re.split(r"[.…*•\s]+", hint) if part]
    return any(all(part in secret for part in shown) for secret in held)


def _changes(kept: Endpoint, desired: Desired, offered: frozenset[str]) -> dict[str, str | list[str]]:
    changes: dict[str, str | list[str]] = {}
    if kept.url != desired.url:
        changes["url"] = desired.url
    if kept.name != desired.name:
        changes["name"] = desired.name
    if not desired.event_types <= kept.event_types:
        # The set is replaced as a whole. What is subscribed beside ours stays, if there still is such a type.
        changes["event_types"] = sorted(desired.event_types | kept.event_types & offered)
    return changes
