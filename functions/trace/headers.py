"""What a backend wants to be told with each request, such as a key: a secret, read when it is needed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Headers:
    """Headers out of a secret; without one, none."""

    def __init__(self, secrets_manager: "SecretsManagerClient", secret_name: str) -> None:
        self._secrets_manager = secrets_manager
        self._secret_name = secret_name
        self._known: Mapping[str, str] | None = None

    def read(self) -> Mapping[str, str]:
        """Give them."""
        if self._known is None:
            self._known = self._fetch()
        return self._known

    def have_changed(self) -> bool:
        """Read them again; say whether they are others than before."""
        before, self._known = self._known, self._fetch()
        return self._known != before

    def _fetch(self) -> Mapping[str, str]:
        if not self._secret_name:
            return {}
        answer = self._secrets_manager.get_secret_value(SecretId=self._secret_name)
        return headers_in(answer["SecretString"])


def headers_in(text: str) -> Mapping[str, str]:
    """Read headers as `OTEL_EXPORTER_OTLP_HEADERS` has them: `name=value,...`, values percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip().lower(): unquote(value.strip()) for name, is_pair, value in pairs if is_pair}
