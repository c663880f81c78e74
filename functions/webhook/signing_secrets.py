"""The signing secrets in Secrets Manager, cached for as long as they match."""

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from runrelay.errors import RunrelayError
from standardwebhooks import Webhook

from functions.webhook.verification import keys_from

MIN_SECONDS_BETWEEN_READS = 30
"""A forger makes us read the secret again at most this often."""


class SecretsUnavailableError(RunrelayError):
    """Secrets Manager did not answer, so nothing can be verified."""


class SigningSecrets:
    """Reads the secrets once, and again when told that none of them matched.

    That second look is how a rotation reaches a warm function at once.
    """

    def __init__(
        self,
        secrets_manager: Any,  # noqa: ANN401 - a botocore client has no static type
        secret_name: str,
        logger: Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets_manager = secrets_manager
        self._secret_name = secret_name
        self._logger = logger
        self._clock = clock
        self._keys: tuple[Webhook, ...] = ()
        self._read_at: float | None = None

    def keys(self) -> tuple[Webhook, ...]:
        """Give the keys as last read.

        Raises:
            SecretsUnavailableError: They were never read and cannot be read now.
        """
        if self._read_at is None:
            self._read()
        return self._keys

    def read_again(self) -> bool:
        """Read the secrets once more, unless that was done a moment ago; say whether the keys changed."""
        if self._read_at is not None and self._clock() - self._read_at < MIN_SECONDS_BETWEEN_READS:
            return False
        before = self._keys
        self._read()
        return self._keys != before

    def _read(self) -> None:
        try:
            answer = self._secrets_manager.get_secret_value(SecretId=self._secret_name)
        except self._secrets_manager.exceptions.ResourceNotFoundException:
            answer = {}  # named but without a value yet: closed, not broken
        except (BotoCoreError, ClientError) as error:
            raise SecretsUnavailableError(str(error)) from error
        self._keys, unusable = keys_from(answer.get("SecretString", ""))
        self._read_at = self._clock()
        if unusable or not self._keys:
            self._logger.error(
                "signing secret unusable", extra={"unusable": unusable, "usable": len(self._keys)}
            )
