"""The simulator as the SDK's own tests want it: a program of `.venv`, which `test_sdk_resources.py` starts.

OpenAI made those tests for a server that knows no state: they retrieve `response_id`, which is nobody's,
and create a run for an assistant that is not there. Here a request finds what it names: that is made first,
and its id put in the place of the example's. The answer is the simulator's own.
"""

import json
import sys
from urllib.parse import urlencode

from props import PropError, Props
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples import mended_body, mended_query
from simulator.app import create_app
from simulator.serving import listen, server

HOOK = "/hook"
NO_STREAM = 406
JSON = [(b"content-type", b"application/json")]


class Stage:
    """Takes requests to the simulator, makes what they name, and sees that a stream is answered by one."""

    def __init__(self, app: ASGIApp, url: str) -> None:
        self._app = app
        self._props = Props(app, hook=f"{url}{HOOK}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == HOOK:
            await _answer(send, 202)
        else:
            try:
                await self._play(scope, receive, send)
            except PropError as error:
                await _answer(send, 400, str(error))

    async def _play(self, scope: Scope, receive: Receive, send: Send) -> None:
        given, asked = await _read(receive), scope["query_string"].decode()
        method, path = scope["method"], scope["path"]
        made = await self._props.for_path(method, path, asked)
        body = await mended_body(method, path, json.loads(given or b"{}"), made, self._props)
        content = json.dumps(body).encode() if body or given else b""
        query = mended_query(asked)
        changed = scope | {
            "path": made.path,
            "raw_path": made.path.encode(),
            "query_string": urlencode(query).encode(),
            "headers": _with_length(scope["headers"], len(content)),
        }
        wants_stream = body.get("stream") is True or ("stream", "true") in query
        await self._app(changed, _replayed(content, receive), _checked(send) if wants_stream else send)


def _checked(send: Send) -> Send:
    """Let no answer to a request for a stream pass that is none: the SDK's tests close it without a look."""

    async def checked(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            kind = dict(message["headers"]).get(b"content-type", b"")
            if not kind.startswith(b"text/event-stream"):
                message = message | {"status": NO_STREAM}
        await send(message)

    return checked


async def _read(receive: Receive) -> bytes:
    content, is_more = b"", True
    while is_more:
        message = await receive()
        content += message.get("body", b"")
        is_more = message.get("more_body", False)
    return content


def _replayed(content: bytes, receive: Receive) -> Receive:
    """Give the body at once, and then what the server has to tell: that the client is gone."""
    left = [content]

    async def replayed() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replayed


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """Say how long the body is now, and that it is JSON."""
    others = [each for each in headers if each[0] not in (b"content-length", b"content-type")]
    return [*others, *JSON, (b"content-length", str(length).encode())]


async def _answer(send: Send, status: int, problem: str = "") -> None:
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": json.dumps({"error": {"message": problem}}).encode()})


def main() -> None:
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        server(Stage(create_app(), url)).run(sockets=[listening])


if __name__ == "__main__":
    main()
