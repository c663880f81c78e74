"""How requests prove who sends them: by a signature with AWS credentials, or by a token."""

import re
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Final, override

import anyio.to_thread
import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from runrelay.client.errors import NotAllowedError

SERVICE: Final = "execute-api"
TOKEN: Final = re.compile("[!-~]+")
SIGNED: Final = ("content-type", "idempotency-key")
"""Headers that are signed if they are there, beside those that have to be."""


class AwsSignature(httpx2.Auth):
    """Signs each request (SigV4), with credentials that are fetched anew when they run out."""

    def __init__(self, credentials: Any, region: str) -> None:  # noqa: ANN401 - botocore's, without types
        self._credentials = credentials
        self._region = region

    @override
    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        self._sign(request, self._fetched())
        yield request

    @override
    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        # Fetching credentials is a request of its own, at times.
        self._sign(request, await anyio.to_thread.run_sync(self._fetched))
        yield request

    def _fetched(self) -> Any:  # noqa: ANN401 - botocore's, without types
        """Fetch the credentials, anew if they ran out.

        Raises:
            NotAllowedError: They cannot be had: a login is over, or a role is not to be assumed.
        """
        try:
            return self._credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError) as error:
            raise NotAllowedError(f"there are no AWS credentials to sign with: {error}") from error

    def _sign(self, request: httpx2.Request, credentials: Any) -> None:  # noqa: ANN401 - botocore's
        headers = {name: request.headers[name] for name in SIGNED if name in request.headers}
        signed = AWSRequest(request.method, str(request.url), headers, data=request.content)
        SigV4Auth(credentials, SERVICE, self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))


class BearerToken(httpx2.Auth):
    """Sends a token; a function is asked for it before each request."""

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    @override
    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        token = self._token if isinstance(self._token, str) else self._token()
        if not TOKEN.fullmatch(token):  # what the HTTP library says of it would quote it
            raise NotAllowedError(
                "the token is empty, or holds what no header does, such as the end of a line"
            )
        request.headers["authorization"] = f"Bearer {token}"
        yield request
