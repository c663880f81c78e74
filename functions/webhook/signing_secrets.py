"""The signing secrets in Secrets Manager, cached for a while."""

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from contracts.error_facts import facts_of
from contracts.errors import RunrelayError
from standardwebhooks import Webhook

from functions.webhook.verification import keys_from

MIN_SECONDS_BETWEEN_LOOKS = 30
"""A forger makes us read the secrets again at most this often."""

MAX_AGE_SECONDS = 300
"""A warm function believes a revoked secret no longer than this, unless Secrets Manager is out of reach."""


class SecretsUnavailableError(RunrelayError):
    """Secrets Manager did not answer, so nothing can be verified."""


class SigningSecrets:
    """Reads the secrets once in a while, and again when told that none of them matched.

    That second look is how a rotation reaches a warm function at once; the first is how a revocation does.
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
        self._keys: tuple[Webhook, ...] | None = None
        self._read_at = 0.0
        self._looked_again_at: float | None = None

    def keys(self) -> tuple[Webhook, ...]:
        """Give the keys as last read; old ones go on while they cannot be read anew.

        Raises:
            SecretsUnavailableError: They were never read and cannot be read now.
        """
        if self._keys is None:
            self._keys = self._read()
        elif self._clock() - self._read_at > MAX_AGE_SECONDS:
            try:
                self._keys = self._read()
            except SecretsUnavailableError as error:
                self._logger.warning("signing secrets not read anew", extra=facts_of(error))
        return self._keys

    def read_again(self) -> bool:
        """Read the secrets once more, unless that was tried a moment ago; say whether they were read.

        Raises:
            SecretsUnavailableError: It was tried now and failed.
        """
        now = self._clock()
        if self._looked_again_at is not None and now - self._looked_again_at < MIN_SECONDS_BETWEEN_LOOKS:
            return False
        self._looked_again_at = now
        self._keys = self._read()
        return True

    def _read(self) -> tuple[Webhook, ...]:
        self._read_at = self._clock()
        keys, unusable = keys_from(self._secret_string())
        if unusable or not keys:
            self._logger.error("signing secret unusable", extra={"unusable": unusable, "usable": len(keys)})
        return keys

    def _secret_string(self) -> str:
        try:
            answer = self._secrets_manager.get_secret_value(SecretId=self._secret_name)
        except self._secrets_manager.exceptions.ResourceNotFoundException:
            return ""  # named but without a value yet: closed, not broken
        except Exception as error:  # an answer botocore cannot read raises AttributeError, UnicodeError, ...
            raise SecretsUnavailableError(str(error)) from error
        if "ARN" not in answer:
            raise SecretsUnavailableError("Secrets Manager answered without a secret")
        return answer.get("SecretString") or ""
