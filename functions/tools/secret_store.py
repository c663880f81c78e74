"""AWS Secrets Manager, asked through Powertools Parameters, which keeps what it was told."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretStore:
    """Gives secrets by their names."""

    def __init__(self, client: "Callable[[], SecretsManagerClient]") -> None:
        self._client = client

    def __call__(self, name: str, max_age: int) -> str:
        """Give a secret's text, not older than so many seconds.

        Raises:
            GetParameterError: It cannot be read.
        """
        return str(self._provider.get(name, max_age=max_age))

    @cached_property
    def _provider(self) -> "SecretsProvider":
        from aws_lambda_powertools.utilities.parameters import SecretsProvider  # noqa: PLC0415 - who has secrets pays

        return SecretsProvider(boto3_client=self._client())
