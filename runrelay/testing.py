"""What the tests of a team's tools need: a context to call them with, and secrets without AWS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from functions.tools import secret
from runrelay.tools import ToolContext

__all__ = ["ToolContext", "a_tool_context", "given_secrets"]


def a_tool_context(  # noqa: PLR0913 - each is a fact of a context
    *,
    run_id: str = "run_01JD00000000000000000000TE",
    call_id: str = "call_1",
    idempotency_key: str | None = None,
    attempt: int = 1,
    deadline: datetime | None = None,
    metadata: Mapping[str, str] | None = None,
) -> ToolContext:
    """Make the context of a call: of its first attempt, with half a minute left, unless said otherwise."""
    return ToolContext(
        run_id=run_id,
        call_id=call_id,
        idempotency_key=idempotency_key or f"{run_id}:1:{call_id}",
        attempt=attempt,
        deadline=deadline or datetime.now(UTC) + timedelta(seconds=30),
        metadata=dict(metadata or {}),
    )


@contextmanager
def given_secrets(values: Mapping[str, str]) -> Iterator[None]:
    """Give secrets their values, by their names, as long as the context lasts; no other is there.

    Raises:
        KeyError: At a `value` of which nothing is given.
    """
    secret.read_from(lambda name, _: values[name])
    try:
        yield
    finally:
        secret.read_from_before()
