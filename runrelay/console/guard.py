"""Who may ask this server for anything: a browser here that was given the token, on our own pages.

A page of another site, or of another port here, can have a browser send requests to us. So each has to name
us in `Host` (else DNS can be made to lead here), carry the cookie that the token was changed for, and come
from a page of ours; what changes anything has the token of our forms besides.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN: Final = "token"  # noqa: S105 - the parameter's name
READING: Final = frozenset({"GET", "HEAD"})
CHANGING: Final = frozenset({"POST"})
FROM_US: Final = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of what our pages ask for, and of what a person typed; `same-site` is another port."""

FREE: Final = frozenset({"/theme"})
"""What may be posted by those who may only read: it changes nothing of the stack."""

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
HOW_TO_COME_IN: Final = (
    "Open the address that `runrelay console` printed, or `make up`: its token lets you in."
)

FOREIGN: Final = "That came from another site's page. Paste the address into the browser's address bar."


def _new() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Keys:
    """What proves that a browser may ask.

    Attributes:
        token: In the address that is opened; it is changed for the cookie.
        form: In each of our forms.
    """

    token: str = field(default_factory=_new, repr=False)
    cookie: str = field(default_factory=_new, repr=False)
    form: str = field(default_factory=_new, repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is not let in, and why."""

    status: HTTPStatus
    words: str


class Guard:
    """Lets in what may come in."""

    def __init__(self, app: ASGIApp, *, port: int, keys: Keys, is_read_only: bool) -> None:
        self._app = app
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._cookie = f"runrelay-console-{port}"
        self._keys = keys
        self._is_read_only = is_read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by itself what is refused, and what brings the token."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # a WebSocket, which nothing here speaks
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Give the answer of the guard itself; None lets the request in."""
        headers = Headers(scope=scope)
        refusal = self._of_origin(scope["method"], headers)
        if refusal is None and (token := _token(scope)) is not None:
            if scope["method"] in READING and compare_digest(token.encode(), self._keys.token.encode()):
                return self._welcome(scope)
            refusal = Refusal(HTTPStatus.FORBIDDEN, f"That token is not this console's. {HOW_TO_COME_IN}")
        refusal = refusal or self._of_session(scope, headers)
        return PlainTextResponse(f"{refusal.words}\n", refusal.status) if refusal else None

    def _of_origin(self, method: str, headers: Headers) -> Refusal | None:
        """Refuse what does not mean us, or does not come from us."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "This console answers on 127.0.0.1 and localhost.")
        if method not in READING | CHANGING:
            return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This console is read by GET and told by POST.")
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        is_foreign = any(each != f"http://{hosts[0]}" for each in origins) or not FROM_US.issuperset(sites)
        if is_foreign or (method in CHANGING and not origins):
            return Refusal(HTTPStatus.FORBIDDEN, FOREIGN)
        return None

    def _of_session(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Refuse who has no cookie, and who may only read."""
        if not any(compare_digest(each, self._keys.cookie.encode()) for each in self._cookies(headers)):
            return Refusal(HTTPStatus.FORBIDDEN, HOW_TO_COME_IN)
        if self._is_read_only and scope["method"] in CHANGING and scope["path"] not in FREE:
            return Refusal(HTTPStatus.FORBIDDEN, "This console only reads: it was started with --read-only.")
        return None

    def _cookies(self, headers: Headers) -> Iterable[bytes]:
        for header in headers.getlist("cookie"):
            if given := cookie_parser(header).get(self._cookie):
                yield given.encode()

    def _welcome(self, scope: Scope) -> Response:
        """Change the token for the cookie, and lead to the same page without it."""
        pairs = [pair for pair in _query(scope) if pair[0] != TOKEN]
        query = f"?{urlencode(pairs)}" if pairs else ""
        answer = RedirectResponse(f"{_own_path(scope['path'])}{query}", HTTPStatus.SEE_OTHER)
        answer.set_cookie(self._cookie, self._keys.cookie, httponly=True, samesite="strict", path="/")
        return answer


def _own_path(path: str) -> str:
    """Give a path that leads nowhere else: `//host` would."""
    return f"/{path.lstrip('/')}"


def _token(scope: Scope) -> str | None:
    return next((value for name, value in _query(scope) if name == TOKEN), None)


def _query(scope: Scope) -> Sequence[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers
