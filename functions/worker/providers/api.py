"""OpenAI's HTTP API, spoken through the SDK's client and answered as plain JSON.

Through the client's own `get` and `post`, and not its resources: those of the Agents and Assistants APIs take
a worker long to import, those of Assistants warn that they are deprecated, and all of them build objects that
take an unknown type for the first member of their union.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx2
import openai
from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderRefusedError,
)

from functions.worker.core.names import is_usable_id
from functions.worker.providers.errors import translate
from functions.worker.providers.plain_json import Object, fit, objects_in, read_object, text_in

LOST = "the provider's answer cannot be read"
NO_TIME = "this invocation has no time for another request"
PAGE = "100"
"""Items of a list to ask for at once, the most that OpenAI gives."""

MAX_PAGES = 50
"""Of one list: more would take longer than a function has, and a list that never ends must."""


class OpenAIApi:
    """One of OpenAI's APIs.

    Attributes:
        base_url: Where it is.
    """

    def __init__(
        self,
        client: Callable[[], openai.OpenAI],
        *,
        base_url: str,
        beta: str | None = None,
        has_new_key: Callable[[openai.OpenAI], bool] = lambda _client: False,
        has_time: Callable[[], bool] = lambda: True,
    ) -> None:
        """Speak it through a client, which is made at the first request.

        Args:
            beta: What the `OpenAI-Beta` header has to say.
            has_time: Asked before each request: whether its answer can be waited for.
            has_new_key: Asked when a client's key is refused: whether `client` has another one by now.
        """
        self.base_url = base_url
        self._client = client
        self._has_new_key = has_new_key
        self._has_time = has_time
        self._headers = {"OpenAI-Beta": beta} if beta else {}

    def get(self, path: str, **query: str) -> Object:
        """Read an object.

        Raises:
            ProviderBusyError: Later; asking again is harmless.
            NotKnownError: There is none.
            ProviderRefusedError: It may not be read.
        """
        options: Any = {"headers": self._headers, "params": query}
        answer = self._repeatable(lambda client: client.get(path, cast_to=httpx2.Response, options=options))
        if not (body := read_object(answer.content)):
            raise ProviderBusyError(LOST)
        return body

    def all(self, path: str, **query: str) -> Iterator[Object]:
        """Read a list, page by page for as long as somebody asks, or as far as `MAX_PAGES`.

        Raises:
            ProviderError: As `get`.
        """
        after: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = self.get(path, limit=PAGE, **query, **after)
            items = objects_in(page.get("data"))
            yield from items
            last = text_in(items[-1].get("id")) if items else ""
            if page.get("has_more") is not True or not is_usable_id(last):
                return
            after = {"after": last}

    def create(self, path: str, body: Mapping[str, Any], *, names_ours: bool = False) -> Object:
        """Create an object, which has an `id` that can be kept.

        Args:
            names_ours: Whether the body or the path names what we made, or used before; a 404 may then pass.

        Raises:
            DoubtfulError: It may be later.
            ProviderBusyError: Nothing was created; later.
            AnswerLostError: It may have been.
            ProviderRefusedError: It never will be, a 404 is about something that the body names; or it was,
                with an id that cannot be kept.
        """
        try:
            created = self.post(path, body)
        except NotKnownError as error:
            code = getattr(error.__cause__, "code", None) or "not_found"
            refused = DoubtfulError if names_ours else ProviderRefusedError
            raise refused(code, str(error)) from error
        created_id = text_in(created.get("id"))
        if not created_id:
            raise AnswerLostError(LOST)
        if not is_usable_id(created_id):
            raise ProviderRefusedError("unusable_id", "The provider gave an id that cannot be kept.")
        return created

    def post(self, path: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Object:
        """Have something done; an empty answer is an empty object.

        Raises:
            ProviderError: Any of them; `AnswerLostError`, if it cannot be read: it may be a proxy's.
        """
        headers = self._headers | ({"Idempotency-Key": idempotency_key} if idempotency_key else {})
        options: Any = {"headers": headers}
        try:
            answer = self._send(
                lambda client: client.post(path, cast_to=httpx2.Response, body=fit(body), options=options)
            )
        except openai.APIError as error:
            raise translate(error) from error
        body = read_object(answer.content)
        if not body and answer.content.strip() not in (b"", b"{}"):
            raise AnswerLostError(LOST)
        return body

    def delete(self, path: str) -> None:
        """Delete an object.

        Raises:
            ProviderBusyError: Later; asking again is harmless.
            NotKnownError: There is none, by now.
            ProviderError: It is not deleted.
        """
        options: Any = {"headers": self._headers}
        self._repeatable(lambda client: client.delete(path, cast_to=httpx2.Response, options=options))

    def _repeatable(self, send: Callable[[openai.OpenAI], httpx2.Response]) -> httpx2.Response:
        """Send a request that may be sent again: if its answer was lost, it is.

        Raises:
            ProviderError: Never `AnswerLostError`.
        """
        try:
            return self._send(send)
        except openai.APIError as error:
            translated = translate(error)
            if isinstance(translated, AnswerLostError):
                translated = ProviderBusyError.after(translated)
            raise translated from error

    def _send(self, send: Callable[[openai.OpenAI], httpx2.Response]) -> httpx2.Response:
        """Send a request; once more if its key was refused and has been changed. Nothing was done by then.

        Raises:
            ProviderBusyError: There is no time left for an answer; nothing was sent.
        """
        if not self._has_time():
            raise ProviderBusyError(NO_TIME)
        client = self._client()
        try:
            return send(client)
        except openai.AuthenticationError:
            if not self._has_new_key(client):
                raise
            return send(self._client())


def part(identifier: str) -> str:
    """Write an id as part of a path."""
    return quote(identifier, safe="")
