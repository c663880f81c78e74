"""A client of the SDK with its key out of a secret, which may be changed while a worker lives."""

from collections.abc import Callable

import openai
from contracts.error_facts import name_of
from contracts.errors import ProviderBusyError, ProviderRefusedError


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
