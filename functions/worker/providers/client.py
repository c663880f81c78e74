"""A client of the SDK with its key out of a secret, which may be changed while a worker lives."""

import json
import re
from collections.abc import Callable
from typing import Any

import openai
from contracts.error_facts import name_of
from contracts.errors import ProviderBusyError, ProviderRefusedError
from contracts.status import Kind

from functions.worker.providers.plain_json import object_in, text_in

_KEY = re.compile(r"[!-~]+")
"""What an `Authorization` header can carry as a token."""


class OpenAIClient:
    """Makes a client when it is first asked for, and another when the key was changed."""

    def __init__(self, make: Callable[[str], openai.OpenAI], read_key: Callable[[], str]) -> None:
        self._make = make
        self._read_key = read_key
        self._key: str | None = None
        self._client: openai.OpenAI | None = None

    def __call__(self) -> openai.OpenAI:
        """Give the client.

        Raises:
            ProviderRefusedError: The secret holds no key for it.
            ProviderBusyError: The secret cannot be read.
        """
        if self._client is None:
            self._key = self._read()
            self._client = self._make(self._key)
        return self._client

    def has_new_key(self) -> bool:
        """Read the key again; say whether it is another one, which the next client has.

        Raises:
            ProviderError: As the client itself.
        """
        if self._read() == self._key:
            return False
        self._client = None
        return True

    def _read(self) -> str:
        try:
            return self._read_key()
        except ValueError as error:
            raise ProviderRefusedError("no_api_key", str(error), is_of_account=True) from error
        except Exception as error:  # an answer botocore cannot read raises AttributeError, UnicodeError, ...
            why = f"the OpenAI key cannot be read: {name_of(error)}"
            raise ProviderBusyError(why, is_ours=True) from error


def openai_api_key(secret: str, kind: Kind) -> str:
    """Read the key for a kind of run out of the secret.

    The secret is a key; or, so that no server sees the key of another, a JSON object of keys by kind.

    Raises:
        ValueError: It holds no key for the kind.
    """
    text = secret.strip()
    key = text_in(object_in(_document(text)).get(kind)) if text.startswith("{") else text
    if not _KEY.fullmatch(key):
        raise ValueError(f"the secret holds no key for runs of kind {kind}: visible ASCII without spaces")
    return key


def _document(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the secret begins as a JSON object of keys by kind, and is none") from None
