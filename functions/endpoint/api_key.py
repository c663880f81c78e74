"""The OpenAI key, which a fresh stack does not have yet."""

from typing import Any

from contracts.api_keys import openai_api_key
from contracts.errors import RunrelayError
from contracts.status import Kind

from functions.endpoint.secret_store import SecretsManagerError

KINDS: tuple[Kind, ...] = ("response", "session")
"""Those that have webhooks; with keys of several projects, the endpoint is in that of the first."""


class NoKeyError(RunrelayError):
    """There is no key yet, so nothing can be asked of OpenAI."""


def read_api_key(secrets_manager: Any, secret_name: str) -> str:  # noqa: ANN401 - botocore has no static types
    """Read the key of the project whose webhooks are wanted.

    Raises:
        NoKeyError: The secret holds none.
        SecretsManagerError: It cannot be read.
    """
    try:
        secret = secrets_manager.get_secret_value(SecretId=secret_name).get("SecretString") or ""
    except secrets_manager.exceptions.ResourceNotFoundException:
        secret = ""
    except Exception as error:
        raise SecretsManagerError(f"{secret_name} cannot be read") from error
    for kind in KINDS:
        try:
            return openai_api_key(secret, kind)
        except ValueError:
            continue
    raise NoKeyError(f"There is no OpenAI key in the secret {secret_name} yet.")
