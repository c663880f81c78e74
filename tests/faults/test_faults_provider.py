"""OpenAI in trouble: limited, broken, slow, garbled, forgetful, out of money."""

from collections.abc import Callable

import httpx2
import pytest

from tests.faults.invariants import check_all
from tests.faults.rows import row
from tests.faults.runs import KINDS, finish, shape, start
from tests.harness.scenario import saying
from tests.harness.wire import Answer, Fault, Request, at_first

CREATE = "POST /v1/responses"

type Trouble = Fault | Answer | type[httpx2.TransportError]


def an_error(status: int, code: str = "", **headers: str) -> Answer:
    error = {
        "message": "The provider's own words.",
        "type": code or None,
        "code": code or None,
        "param": None,
    }
    return Answer(status, {"error": error}, headers)


TROUBLES: dict[str, Trouble] = {
    "429": an_error(429, "rate_limit_exceeded", **{"retry-after": "7"}),
    "500": an_error(500),
    "502": Answer(502, {"html": "Bad gateway"}, {"content-type": "text/html"}),
    "503": an_error(503, "server_overloaded", **{"retry-after": "3"}),
    "529": an_error(529),
    "out of reach": Fault.LOSE_REQUEST,
    "reset": Fault.LOSE_REPLY,
    "timed out": httpx2.ReadTimeout,
}


def strike_each_once(trouble: Trouble) -> Callable[[Request], Fault | Answer | None]:
    """Have the first request of each sort fail."""
    struck = set()

    def intercept(request: Request) -> Fault | Answer | None:
        if request.service != "openai" or shape(request) in struck:
            return None
        struck.add(shape(request))
        if isinstance(trouble, type):
            raise trouble("the wire was too slow")
        return trouble

    return intercept


@row("F24")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", KINDS)
def test_trouble_at_each_sort_of_request_passes(world, kind, trouble):
    run_id = start(world, kind)
    world.wire.interceptor = strike_each_once(TROUBLES[trouble])

    finish(world, run_id)

    check_all(world, run_id)


@row("F24")
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (lambda whole: whole[: len(whole) // 2], "application/json"),
        (lambda _whole: b"<html>Bad gateway</html>", "text/html"),
        (lambda whole: whole, "text/html"),
        (lambda _whole: b"", "application/json"),
        (lambda _whole: b"[null]", "application/json"),
        (lambda _whole: b"\xff\xfe", "application/json"),
    ],
    ids=["half", "html", "wrong type", "nothing", "a list", "no text"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_answers_that_cannot_be_read_are_asked_for_again(world, monkeypatch, kind, content, content_type):
    spoilt, send = set(), httpx2.HTTPTransport.handle_request

    def spoil(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        answer = send(transport, request)
        name = (request.method, request.url.path.rpartition("/")[0], len(request.url.path.split("/")))
        if not request.url.path.startswith("/v1/") or name in spoilt:
            return answer
        spoilt.add(name)
        headers = {"content-type": content_type}
        return httpx2.Response(answer.status_code, headers=headers, content=content(answer.read()))

    run_id = start(world, kind)
    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", spoil)

    finish(world, run_id)

    check_all(world, run_id)


@row("F24")
def test_a_limit_that_one_run_hits_is_respected_by_all(world):
    run_ids = [start(world, "response", saying("done"), tools=[]) for _ in range(8)]
    heard: list[float] = []

    def intercept(request: Request) -> Answer | None:
        if request.service != "openai":
            return None
        heard.append(world.clock.time())
        return an_error(429, "rate_limit_exceeded", **{"retry-after": "60"}) if len(heard) == 1 else None

    world.wire.interceptor = intercept
    finish(world, *run_ids)

    assert heard[1] - heard[0] >= 60
    check_all(world, *run_ids, effects={}, openai_requests=3)


@row("F24")
@pytest.mark.parametrize("kind", KINDS)
def test_an_outage_that_does_not_end_is_asked_about_ever_more_rarely_until_the_deadline(world, kind):
    asked: list[str] = []

    def intercept(request: Request) -> Answer | None:
        if request.service != "openai":
            return None
        asked.append(request.operation)
        return an_error(500)

    world.wire.interceptor = intercept
    run_id = start(world, kind, deadline_seconds=1800)

    finish(world, run_id)

    assert len(asked) <= 60
    check_all(world, run_id, effects={}, statuses=["expired"])


@row("F25")
@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (an_error(404, "not_found"), "lost", "not_found"),
        (an_error(410, "gone"), "failed", "gone"),
        (an_error(401, "invalid_api_key"), "failed", "invalid_api_key"),
        (an_error(403, "no_access"), "failed", "no_access"),
        (an_error(429, "insufficient_quota"), "failed", "insufficient_quota"),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_openai_refuses_or_does_not_know_ends_the_run_in_its_words(world, kind, answer, status, code):
    run_id = start(world, kind)
    world.wire.interceptor = lambda request: answer if request.operation.startswith("GET /v1/") else None

    finish(world, run_id)

    assert world.run(run_id)["error"]["code"] == code
    check_all(world, run_id, effects={}, statuses=[status], openai_requests=16)


@row("F24")
def test_a_response_of_whose_creation_nobody_heard_is_the_runs_own_when_its_webhook_comes(world):
    world.wire.interceptor = at_first(lambda request: request.operation == CREATE, lambda: Fault.LOSE_REPLY)
    run_id = world.start(saying("done"))

    finish(world, run_id)

    assert world.run(run_id)["status"] == "completed"
    assert [each["id"] for each in world.simulator.resources()] == [world.run(run_id)["provider_id"]]
