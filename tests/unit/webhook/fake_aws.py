"""Stand-ins for the two clients of the webhook function."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


class NotFoundError(Exception):
    """What Secrets Manager raises for a secret without a value."""


@dataclass
class SecretsManager:
    """Holds one secret; an exception in its place is raised."""

    secret: str | Exception
    reads: int = 0
    exceptions = SimpleNamespace(ResourceNotFoundException=NotFoundError)

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        self.reads += 1
        if isinstance(self.secret, Exception):
            raise self.secret
        return {"ARN": f"arn:{SecretId}", "SecretString": self.secret}


@dataclass
class Sqs:
    """Accepts messages."""

    bodies: list[str] = field(default_factory=list)

    def send_message(self, *, MessageBody: str, **_: Any) -> dict[str, str]:  # noqa: N803
        self.bodies.append(MessageBody)
        return {"MessageId": f"message-{len(self.bodies)}"}
