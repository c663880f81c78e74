"""OpenAI's webhook endpoints, through the SDK, in our words."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import openai
from contracts.errors import NotKnownError, ProviderBusyError, ProviderRefusedError

from functions.endpoint.plan import Desired, Endpoint

PAGE = 100
MOST_ENDPOINTS = 1_000
"""A project has a few; a list that never ends must."""

REQUEST_TIMEOUT = 408
REFUSED_TO_ALL = frozenset({401, 403})


class OpenAIWebhooks:
    """The endpoints of the project that a key belongs to."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._webhooks: Any = (
            client.webhooks
        )  # whose event types are those that the SDK knew when it was made

    def offered(self) -> frozenset[str]:
        """List the event types that the project can subscribe to; none, if it is not told.

        Raises:
            ProviderError: It was not answered.
        """
        try:
            with _translated():
                return frozenset(self._webhooks.event_types.list().data)
        except NotKnownError:
            return frozenset()

    def at(self, urls: Collection[str]) -> list[Endpoint]:
        """Find the endpoints at any of these URLs, the newest first.

        Raises:
            ProviderError: They were not listed.
        """
        with _translated():
            listed = islice(self._webhooks.list(limit=PAGE), MOST_ENDPOINTS)
            return [_endpoint(each) for each in listed if each.url in urls]

    def create(self, desired: Desired) -> tuple[Endpoint, str]:
        """Create an endpoint, and give it with its signing secret, which is told only now.

        Raises:
            ProviderBusyError: It may have been created all the same.
            ProviderError: It was not.
        """
        with _translated():
            created = self._webhooks.create(
                url=desired.url, name=desired.name, event_types=sorted(desired.event_types)
            )
            return _endpoint(created), str(created.signing_secret)

    def update(self, endpoint: Endpoint, changes: Mapping[str, Any]) -> Endpoint:
        """Change an endpoint.

        Raises:
            ProviderError: It was not changed, or its answer was lost.
        """
        with _translated():
            return _endpoint(self._webhooks.update(endpoint.id, **changes))

    def rotate(self, endpoint: Endpoint, *, keeps_old: bool = True) -> str:
        """Give an endpoint another signing secret, which is told only now.

        Args:
            keeps_old: Whether OpenAI signs with the old one, too, for 24 hours.

        Raises:
            ProviderError: It was not rotated, or its answer was lost.
        """
        with _translated():
            rotated = self._webhooks.rotate_secret(endpoint.id, keep_old_secret_active_for_24_hours=keeps_old)
            return str(rotated.signing_secret)

    def delete(self, endpoint: Endpoint) -> None:
        """Delete an endpoint; one that is gone is deleted.

        Raises:
            ProviderError: It was not deleted, or its answer was lost.
        """
        try:
            with _translated():
                self._webhooks.delete(endpoint.id)
        except NotKnownError:
            return

    def test(self, endpoint: Endpoint, event_type: str) -> int:
        """Have a test event sent, and give the HTTP status that OpenAI saw.

        Raises:
            ProviderError: OpenAI saw none.
        """
        with _translated():
            return int(self._webhooks.test(endpoint.id, event_type=event_type).status_code)


def _endpoint(shown: Any) -> Endpoint:  # noqa: ANN401 - the SDK checks no answer against its types
    return Endpoint(
        id=shown.id,
        url=shown.url,
        name=shown.name,
        event_types=frozenset(shown.event_types or ()),
        secret_hint=shown.signing_secret_hint or "",
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except openai.NotFoundError as error:
        raise NotKnownError(_words(error)) from error
    except openai.APIStatusError as error:
        raise _refusal(error) from error
    except openai.APIError as error:
        raise ProviderBusyError("OpenAI did not answer", is_lost=True) from error
    except (AttributeError, TypeError, ValueError) as error:  # the SDK gives a proxy's page as a text
        raise ProviderBusyError("OpenAI's answer cannot be read", is_lost=True) from error


def _refusal(error: openai.APIStatusError) -> ProviderBusyError | ProviderRefusedError:
    status = error.status_code
    passes = isinstance(error, openai.InternalServerError | openai.RateLimitError | openai.ConflictError)
    if passes or status == REQUEST_TIMEOUT:
        return ProviderBusyError(_words(error), is_lost=True)
    return ProviderRefusedError(
        error.code or f"http_{status}", _words(error), is_of_account=status in REFUSED_TO_ALL
    )


def _words(error: openai.APIStatusError) -> str:
    """Give OpenAI's own words; the SDK puts its whole answer into the exception's."""
    told = error.body.get("message") if isinstance(error.body, dict) else None
    return f"HTTP {error.status_code}: {told or 'no word of OpenAI'}"
