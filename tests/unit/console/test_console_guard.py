"""Who is let in: asked over ASGI, as a browser and as somebody else would ask."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from runrelay.console.guard import HEADERS, Guard, Keys

PORT = 4711
HOST = f"127.0.0.1:{PORT}"
KEYS = Keys(token="t" * 43, cookie="c" * 43, form="f" * 43)  # the same in every process, as ids are
COOKIE = {"cookie": f"runrelay-console-{PORT}={KEYS.cookie}"}
OURS = {**COOKIE, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}


async def inside(scope: Any, receive: Any, send: Any) -> None:
    request = Request(scope, receive)
    await PlainTextResponse(f"{request.method} {request.url.path}")(scope, receive, send)


def guarded(*, is_read_only: bool = False) -> ASGIApp:
    return Guard(inside, port=PORT, keys=KEYS, is_read_only=is_read_only)


def ask(
    method: str = "GET",
    path: str = "/inbox",
    headers: Mapping[str, str] | None = None,
    *,
    host: str = HOST,
    is_read_only: bool = False,
) -> httpx2.Response:
    async def asked() -> httpx2.Response:
        transport = httpx2.ASGITransport(guarded(is_read_only=is_read_only))
        async with httpx2.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http:
            return await http.request(method, path, headers={"host": host, **(headers or {})})

    run: Callable[[Callable[[], Awaitable[httpx2.Response]]], httpx2.Response] = anyio.run
    return run(asked)


def test_a_page_of_ours_reads_and_changes():
    assert ask(headers=COOKIE).text == "GET /inbox"
    assert ask("POST", headers=OURS).text == "POST /inbox"


def test_the_token_is_changed_for_a_cookie_that_no_script_and_no_other_site_has():
    answer = ask(path=f"/runs/run_1?zoom=whole&token={KEYS.token}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/run_1?zoom=whole")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"runrelay-console-{PORT}={KEYS.cookie};")
    assert {"httponly", "samesite=strict", "path=/"} <= {each.strip().lower() for each in cookie.split(";")}


def test_keys_are_unguessable_and_each_console_has_its_own():
    one, other = Keys(), Keys()

    values = [one.token, one.cookie, one.form, other.token, other.cookie, other.form]
    assert len({*values}) == 6
    assert all(re.fullmatch(r"[\w-]{43}", each) for each in values)
    assert one.token not in repr(one)


@pytest.mark.parametrize(
    "path", ["/", "/runs/run_1", "/inbox", "/health", "/live?of=/", "/static/console.css", "/nothing"]
)
def test_without_the_cookie_nothing_is_read(path: str):
    assert ask(path=path).status_code == 403


@pytest.mark.parametrize(
    "query", ["token=", "token=wrong", f"token={KEYS.cookie}", f"token={KEYS.form}", f"Token={KEYS.token}"]
)
def test_another_token_lets_nobody_in(query: str):
    answer = ask(path=f"/?{query}")

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_wrong_token_is_refused_whatever_the_cookie():
    assert ask(path="/?token=wrong", headers=COOKIE).status_code == 403


@pytest.mark.parametrize(
    "cookie",
    [
        f"runrelay-console-{PORT}=wrong",
        f"runrelay-console-{PORT}=",
        f"runrelay-console-{PORT + 1}={KEYS.cookie}",
        f"runrelay-console-{PORT}={KEYS.token}",
    ],
)
def test_another_cookie_lets_nobody_in(cookie: str):
    assert ask(headers={"cookie": cookie}).status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        f"127.0.0.1:{PORT + 1}",
        f"127.0.0.1.nip.io:{PORT}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/inbox", f"/?token={KEYS.token}"])
def test_another_host_is_refused_though_it_has_all_else(host: str, path: str):
    answer = ask(path=path, headers=COOKIE, host=host)

    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"origin": f"https://{HOST}"},
        {"origin": f"http://localhost:{PORT}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
    ],
    ids=lambda other: "=".join(*other.items()),
)
def test_another_origin_is_refused_though_it_has_the_cookie(method: str, other: Mapping[str, str]):
    assert ask(method, headers={**OURS, **other}).status_code == 403


def test_who_followed_a_link_of_another_site_is_told_what_to_do():
    refused = ask(path=f"/?token={KEYS.token}", headers={"sec-fetch-site": "cross-site"})

    assert (refused.status_code, "Paste the address" in refused.text) == (403, True)


def test_a_change_needs_an_origin():
    assert ask("POST", headers=COOKIE).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_method_is_taken(method: str):
    assert ask(method, headers=OURS).status_code == 405


@pytest.mark.parametrize("path", ["/runs/run_1/cancel", "/runs/run_1/decide", "/health/redrive", "/nothing"])
def test_a_console_that_only_reads_refuses_every_change(path: str):
    assert ask("POST", path, OURS, is_read_only=True).status_code == 403
    assert ask("GET", path, OURS, is_read_only=True).status_code == 200


def test_how_pages_look_may_be_chosen_where_nothing_may_be_changed():
    assert ask("POST", "/theme", OURS, is_read_only=True).status_code == 200


@pytest.mark.parametrize("headers", [{}, COOKIE], ids=["refused", "let in"])
def test_every_answer_says_what_a_browser_may_do_with_it(headers: Mapping[str, str]):
    answer = ask(headers=headers)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_a_websocket_is_not_spoken():
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def connect() -> None:
        scope = {"type": "websocket", "path": "/live", "headers": [(b"host", HOST.encode())]}
        await guarded()(scope, None, send)  # type: ignore[arg-type]

    anyio.run(connect)

    assert sent == []
