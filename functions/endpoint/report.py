"""What was done about the endpoint, and how it is: what a caller of the function gets, never a secret."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

type Outcome = Literal[
    "registered", "rotated", "unchanged", "too_early", "absent", "deleted", "no_key", "refused", "failed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One answer.

    Attributes:
        did: What was done, in words.
        test_status: The HTTP status that OpenAI saw when it sent a test event.
        missing_event_types: What it is not subscribed to and should be; told by `show` alone, as is the next.
        is_secret_held: Whether webhooks that it sends can be verified.
        secret_made_at: When the newest signing secret was made.
        message: Why it came to nothing, in OpenAI's words where they are its.
    """

    outcome: Outcome
    did: tuple[str, ...] = ()
    endpoint_id: str | None = None
    url: str | None = None
    event_types: tuple[str, ...] = ()
    missing_event_types: tuple[str, ...] | None = None
    is_secret_held: bool | None = None
    test_status: int | None = None
    secrets_held: int = 0
    secret_made_at: str | None = None
    message: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def in_a_sentence(self) -> str:
        """Say it as an output of the stack."""
        if self.outcome in ("no_key", "refused", "failed", "deleted", "absent"):
            return f"{self.outcome.replace('_', ' ')}: {self.message or 'there is no endpoint at OpenAI'}"
        tested = f"its test event got HTTP {self.test_status}" if self.test_status else self.message
        return f"{self.outcome} as {self.endpoint_id}; {tested or 'not tested'}"
