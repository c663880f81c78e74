"""The signing secrets in Secrets Manager, as EndpointFunction writes them and WebhookFunction reads them.

The secret is a text: signing secrets, separated by white space, the newest first; any of them may match. When
the newest was made is written into the version's id: a version that only leaves an old secret out is younger.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.errors import RunrelayError

_VERSION = re.compile(r"runrelay-(?P<made_at>\d{8}T\d{6}Z)-[0-9a-f]+")
_MOMENT = "%Y%m%dT%H%M%SZ"


class SecretsManagerError(RunrelayError):
    """Secrets Manager did not do it."""


@dataclass(frozen=True, slots=True)
class Held:
    """The signing secrets that we hold.

    Attributes:
        made_at: When the newest was made; or written down, if that was by hand.
    """

    secrets: tuple[str, ...] = ()
    made_at: datetime | None = None


class SecretStore:
    """Reads and writes the secret; it has one writer, and who writes beside it is not overwritten."""

    def __init__(self, secrets_manager: Any, secret_name: str) -> None:  # noqa: ANN401 - botocore has no static types
        self._secrets_manager = secrets_manager
        self._secret_name = secret_name

    def read(self) -> Held:
        """Read the secrets; none, while the secret has no value.

        Raises:
            SecretsManagerError: It cannot be read.
        """
        try:
            answer = self._secrets_manager.get_secret_value(SecretId=self._secret_name)
            return Held(tuple((answer.get("SecretString") or "").split()), _made_at(answer))
        except self._secrets_manager.exceptions.ResourceNotFoundException:
            return Held()
        except Exception as error:
            raise SecretsManagerError(f"{self._secret_name} cannot be read: {_code(error)}") from error

    def write(self, secrets: Sequence[str], *, made_at: datetime) -> None:
        """Write the secrets in the place of those that are there.

        Raises:
            SecretsManagerError: They may not have been written.
        """
        try:
            self._secrets_manager.put_secret_value(
                SecretId=self._secret_name,
                SecretString=" ".join(secrets),
                ClientRequestToken=f"runrelay-{made_at.astimezone(UTC):{_MOMENT}}-{uuid4().hex[:12]}",
            )
        except Exception as error:
            raise SecretsManagerError(f"{self._secret_name} cannot be written: {_code(error)}") from error


def _made_at(answer: Any) -> datetime:  # noqa: ANN401
    if named := _VERSION.fullmatch(answer["VersionId"]):
        return datetime.strptime(named["made_at"], _MOMENT).replace(tzinfo=UTC)
    created: datetime = answer["CreatedDate"]
    return created


def _code(error: Exception) -> str:
    """Name what AWS said, without its words."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)
