"""Whatever OpenAI answers, or does not, becomes one of our errors: one request each, through the real SDK."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from contracts import instant
from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderError,
    ProviderRefusedError,
)
from contracts.records import Run

from functions.worker.providers.provider import Submission
from functions.worker.providers.responses import Responses
from functions.worker.providers.sessions import Sessions
from functions.worker.providers.threads import Threads
from tests.integration.worker.outside import answered_by

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RESPONSE = {"id": "resp_1", "object": "response", "status": "queued", "output": []}
WORDS = "Something is wrong."

type Answer = httpx2.Response | Exception


class OpenAI:
    """OpenAI's side of the wire: it gives one answer, and writes down every request."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[httpx2.Request] = []
        self.api = answered_by(self._respond)
        self.provider = Responses(self.api)

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


RUN = Run(
    run_id="run_1",
    kind="response",
    status="queued",
    request_key="request#run_1",
    tools=(),
    metadata={},
    created_at=NOW,
    updated_at=NOW,
    deadline_at=NOW + timedelta(hours=1),
    max_turns=20,
)
SUBMISSION = Submission(RUN, 1, {"model": "m", "input": "go"}, (), ())


def submit(provider: Responses) -> Any:
    return provider.submit(SUBMISSION)


def follow_up(provider: Responses) -> Any:
    return provider.submit(replace(SUBMISSION, turn=2))


def look(provider: Responses) -> Any:
    return provider.look("resp_1")


def cancel(provider: Responses) -> Any:
    provider.cancel("resp_1")


def failing(answer: Answer, act: Callable[[Responses], Any]) -> ProviderError:
    """Give the error that an answer becomes, after exactly one request."""
    outside = OpenAI(answer)
    with pytest.raises(ProviderError) as raised:
        act(outside.provider)
    assert len(outside.requests) == 1
    return raised.value


def refusal(
    status: int, code: str | None = "a_code", kind: str = "a_type", **headers: str
) -> httpx2.Response:
    error = {"message": WORDS, "type": kind, "code": code, "param": None}
    return httpx2.Response(status, json={"error": error})


ALL = pytest.mark.parametrize("act", [submit, look, cancel])


def test_a_turn_is_begun_by_one_create():
    outside = OpenAI(httpx2.Response(200, json=RESPONSE))

    assert submit(outside.provider) == "resp_1"
    (request,) = outside.requests
    assert (request.method, request.url.path) == ("POST", "/v1/responses")
    assert json.loads(request.content) == {
        "model": "m",
        "input": "go",
        "background": True,
        "store": True,
        "metadata": {"runrelay_run_id": "run_1", "runrelay_turn": "1"},
    }


@pytest.mark.parametrize(
    ("act", "method", "path"),
    [(look, "GET", "/v1/responses/resp_1"), (cancel, "POST", "/v1/responses/resp_1/cancel")],
)
def test_a_turn_is_read_or_cancelled_by_one_request(act, method, path):
    outside = OpenAI(httpx2.Response(200, json=RESPONSE))

    act(outside.provider)

    assert [(request.method, request.url.path) for request in outside.requests] == [(method, path)]


@ALL
@pytest.mark.parametrize("status", [302, 400, 401, 403, 410, 422])
def test_a_refusal_is_final_and_keeps_the_providers_words(act, status):
    error = failing(refusal(status), act)

    assert isinstance(error, ProviderRefusedError)
    if status != 302:
        assert (error.code, WORDS in error.message) == ("a_code", True)


@ALL
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_trouble_that_passes_is_waited_out(act, status):
    error = failing(refusal(status), act)

    assert isinstance(error, ProviderBusyError)
    assert (str(error), error.retry_after_seconds) == ("a_code", None)


@pytest.mark.parametrize("act", [look, cancel])
def test_what_the_provider_does_not_know_is_not_known(act):
    assert isinstance(failing(refusal(404), act), NotKnownError)


def test_a_create_that_names_something_unknown_is_refused():
    error = failing(refusal(404, "model_not_found"), submit)

    assert isinstance(error, ProviderRefusedError)
    assert (error.code, WORDS in error.message) == ("model_not_found", True)


@ALL
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("billing_not_active", "a_type"),
        ("credit_balance_exhausted", "a_type"),
        ("insufficient_quota", "a_type"),
        ("organization_spend_limit_exceeded", "a_type"),
        ("organization_usage_limit_exceeded", "a_type"),
        ("project_spend_limit_exceeded", "a_type"),
        (None, "insufficient_quota"),
        ("a_code_of_tomorrow", "insufficient_quota"),
    ],
)
def test_no_waiting_helps_when_the_money_is_spent(act, code, kind):
    error = failing(refusal(429, code, kind), act)

    assert isinstance(error, ProviderRefusedError)
    assert error.code == (code or kind)


@ALL
@pytest.mark.parametrize(("status", "code"), [(400, "conversation_locked"), (429, "slow_down")])
def test_some_refusals_pass_by_themselves(act, status, code):
    assert isinstance(failing(refusal(status, code), act), ProviderBusyError)


def test_a_follow_up_that_names_something_unknown_may_pass():
    assert isinstance(failing(refusal(404, None), follow_up), DoubtfulError)


@pytest.mark.parametrize("act", [submit, follow_up])
def test_a_previous_response_that_is_not_known_may_be_a_little_later(act):
    error = failing(refusal(400, "previous_response_not_found"), act)

    assert isinstance(error, DoubtfulError)
    assert (error.code, WORDS in error.message) == ("previous_response_not_found", True)


SOON = {"retry-after": "7"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "1.5"}, 2),
        ({"retry-after": "0.02"}, 1),
        ({"retry-after": "300"}, 300),
        ({"retry-after": "301"}, 300),
        ({"retry-after": "86400"}, 300),
        ({"retry-after": "9" * 5000}, 300),
        ({"retry-after-ms": "1500"}, 2),
        ({"retry-after-ms": "1500", **SOON}, 2),
        ({"retry-after-ms": "soon", **SOON}, 7),
        ({"retry-after-ms": "9" * 5000}, 300),
        ({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}, 300),
        ({"retry-after": "Fri, 01 Jan 2100 00:00:00"}, 300),
        ({"retry-after": "Friday, 01-Jan-16 00:00:00 GMT"}, 0),
        ({"retry-after": "Sat, 21 Nov 2015 09:30:00 GMT"}, 0),
        ({"retry-after": "Sat, 99 Nov 2015 09:30:00 GMT"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "\u0667"}, None),
        ({}, None),
    ],
    ids=lambda headers: str(headers)[:50],
)
def test_retry_after_is_honoured_in_every_form_up_to_five_minutes(headers, seconds):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    error = failing(httpx2.Response(429, json={}, headers=raw), look)

    assert isinstance(error, ProviderBusyError)
    assert error.retry_after_seconds == seconds


def test_a_date_in_retry_after_is_waited_for():
    until = format_datetime(instant.now() + timedelta(seconds=60), usegmt=True)

    error = failing(httpx2.Response(503, headers={"retry-after": until}), look)

    assert isinstance(error, ProviderBusyError)
    assert error.retry_after_seconds in (58, 59, 60)


WRAPPINGS = pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"x"',
        b'{"error":null}',
        b'{"error":"x"}',
        b'{"error":["x"]}',
        b'{"error":{}}',
        b'{"error":{"message":7}}',
        b'{"message":"Forbidden"}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:30]),
)


@ALL
@WRAPPINGS
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 413, 451])
def test_a_refusal_without_openais_error_object_is_a_proxys_and_may_pass(act, status, content):
    answer = httpx2.Response(status, content=content, headers={"content-type": "application/json"})

    error = failing(answer, act)

    assert isinstance(error, DoubtfulError)
    assert error.code == f"http_{status}"


@ALL
@WRAPPINGS
@pytest.mark.parametrize("status", [429, 503])
def test_trouble_in_any_wrapping_is_told_by_its_status(act, status, content):
    answer = httpx2.Response(status, content=content, headers={"content-type": "application/json"})

    assert isinstance(failing(answer, act), ProviderBusyError)


@WRAPPINGS
@pytest.mark.parametrize("act", [submit, follow_up, cancel])
@pytest.mark.parametrize("status", [408, 500, 502, 504, 520, 524, 529])
def test_a_gateway_that_gives_up_does_not_say_what_was_done(act, status, content):
    answer = httpx2.Response(status, content=content, headers={"retry-after": "7"})

    error = failing(answer, act)

    assert isinstance(error, AnswerLostError)
    assert (error.retry_after_seconds, error.is_for_all) == (7, status != 408)


@WRAPPINGS
@pytest.mark.parametrize("status", [408, 500, 502, 504, 520, 524, 529])
def test_a_look_is_repeated_although_a_gateway_gave_up(status, content):
    answer = httpx2.Response(status, content=content, headers={"retry-after": "7"})

    error = failing(answer, look)

    assert isinstance(error, ProviderBusyError)
    assert (error.retry_after_seconds, error.is_for_all) == (7, status != 408)


@ALL
@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": WORDS}},
        {"error": {"code": "a_code", "message": None, "type": None}},
        {"error": {"type": "a_type"}},
        {"error": {"message": WORDS, "type": ["x"], "code": 7}},
        {"object": "error", "message": WORDS, "type": "NotFoundError", "code": 400},
    ],
    ids=str,
)
def test_an_error_object_is_the_providers_own_word_whatever_else_is_in_it(act, error):
    assert isinstance(failing(httpx2.Response(400, json=error), act), ProviderRefusedError)


@ALL
@pytest.mark.parametrize("error_type", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout])
def test_what_was_never_sent_is_sent_later(act, error_type):
    assert isinstance(failing(error_type("no"), act), ProviderBusyError)


SENT = pytest.mark.parametrize(
    "error_type",
    [
        httpx2.ReadTimeout,
        httpx2.WriteTimeout,
        httpx2.ReadError,
        httpx2.WriteError,
        httpx2.RemoteProtocolError,
        httpx2.DecodingError,
    ],
)


@SENT
@pytest.mark.parametrize("act", [submit, cancel])
def test_what_may_have_been_applied_has_lost_its_answer(act, error_type):
    assert isinstance(failing(error_type("reset"), act), AnswerLostError)


@SENT
def test_a_look_without_an_answer_is_only_repeated(error_type):
    assert isinstance(failing(error_type("reset"), look), ProviderBusyError)


UNREADABLE = pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"id":"resp_1","sta', b"[]", b"null", b'"x"', b"\xff\xfe", b"{}"]
)


@UNREADABLE
def test_a_create_whose_answer_cannot_be_read_has_lost_its_answer(content):
    answer = httpx2.Response(200, content=content, headers={"content-type": "text/html"})

    assert isinstance(failing(answer, submit), AnswerLostError)


@UNREADABLE
def test_a_look_whose_answer_cannot_be_read_is_repeated(content):
    answer = httpx2.Response(200, content=content, headers={"content-type": "application/json"})

    assert isinstance(failing(answer, look), ProviderBusyError)


@pytest.mark.parametrize("adapter", [Responses, Sessions, Threads])
@pytest.mark.parametrize(
    "body", [{"id": "x"}, {"status": "completed"}, {"id": 7, "status": "queued"}], ids=str
)
def test_a_look_at_what_has_no_id_or_no_status_is_repeated(adapter, body):
    outside = OpenAI(httpx2.Response(200, json=body))
    provider = adapter(outside.api)

    with pytest.raises(ProviderBusyError):
        provider.look("thread_1/run_1")


@pytest.mark.parametrize("content", [b"", b" ", b"{}", b'{"status": "cancelled"}'])
def test_a_cancel_needs_no_words(content):
    outside = OpenAI(httpx2.Response(202, content=content))

    cancel(outside.provider)

    assert len(outside.requests) == 1


@pytest.mark.parametrize("content", [b"<html>", b'{"id":"resp_1","sta', b"[]", b"null", b'"x"', b"\xff\xfe"])
def test_a_cancel_whose_answer_cannot_be_read_may_not_have_been_heard(content):
    assert isinstance(failing(httpx2.Response(200, content=content), cancel), AnswerLostError)


def test_the_content_type_does_not_matter_if_the_answer_can_be_read():
    content = json.dumps(RESPONSE).encode()
    outside = OpenAI(httpx2.Response(200, content=content, headers={"content-type": "text/plain"}))

    assert look(outside.provider).status == "queued"


@pytest.mark.parametrize("last", ["x" * 100_000, "\ufffd", "", None, 7], ids=lambda last: str(last)[:9])
def test_a_list_whose_last_id_can_be_no_id_ends_there(last):
    outside = OpenAI(httpx2.Response(200, json={"data": [{"id": "a"}, {"id": last}], "has_more": True}))

    assert len(list(outside.api.all("/things"))) == 2
    assert len(outside.requests) == 1


def test_a_list_that_never_ends_is_read_as_far_as_there_is_time():
    outside = OpenAI(httpx2.Response(200, json={"data": [{"id": "a"}], "has_more": True}))

    assert len(list(outside.api.all("/things"))) == len(outside.requests) == 50


def test_a_turn_is_the_one_that_was_asked_for_whatever_id_the_answer_has():
    outside = OpenAI(httpx2.Response(200, json={**RESPONSE, "id": "resp_of_another"}))

    assert look(outside.provider).provider_id == "resp_1"
