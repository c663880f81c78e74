"""A client of the SDK with its key out of a secret, which may be changed while a worker lives."""

from collections.abc import Callable
from threading import Lock

import openai
from contracts.error_facts import name_of
from contracts.errors import ProviderBusyError, ProviderRefusedError


class OpenAIClient:
    """Makes a client when it is first asked for, one for all threads; another when the key was changed."""

    def __init__(self, make: Callable[[str], openai.OpenAI], read_key: Callable[[], str]) -> None:
        self._make = make
        self._read_key = read_key
        self._key: str | None = None
        self._client: openai.OpenAI | None = None
        self._lock = Lock()

    def __call__(self) -> openai.OpenAI:
        """Give the client.

        Raises:
            ProviderRefusedError: The secret holds no key for it.
            ProviderBusyError: The secret cannot be read.
        """
        if (client := self._client) is not None:
            return client
        key = self._read()  # by each thread that needs it: where it cannot be read, none waits for the others
        with self._lock:
            if self._client is None:
                self._key, self._client = key, self._make(key)
            return self._client

    def has_new_key(self, refused: openai.OpenAI) -> bool:
        """Say whether the next client has another key than one that was refused; for that, it is read again.

        Raises:
            ProviderError: As the client itself.
        """
        key = self._read()
        with self._lock:
            if self._client not in (None, refused):
                return True  # another thread heard of it before
            if key == self._key:
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
