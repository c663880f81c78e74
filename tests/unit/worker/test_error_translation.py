"""Each of the SDK's errors in our words: what its status, its code and its wrapping say."""

import json
from typing import Any

import httpx2
import openai
import pytest
from contracts.errors import (
    AnswerLostError,
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderRefusedError,
)

from functions.worker.providers.errors import translate

REQUEST = httpx2.Request("POST", "https://api.example/v1/responses")


def answered(status: int, body: Any) -> openai.APIStatusError:
    """Make the error that the SDK raises for an answer."""
    response = httpx2.Response(status, request=REQUEST, content=json.dumps(body))
    error = body.get("error", body)
    return openai.APIStatusError("No.", response=response, body=error)


def openais(code: str | None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": "No.", "type": kind, "code": code}}


PROXYS: dict[str, Any] = {}
UNWRAPPED = {"object": "error", "message": "No.", "type": "x", "code": None}
OF_ANOTHER_SORT = {"object": "page", "message": "No.", "type": "x", "code": None}


@pytest.mark.parametrize(
    ("status", "body", "expected", "is_for_all"),
    [
        (500, openais(None, "server_error"), ProviderBusyError, True),
        (503, openais(None, "server_error"), ProviderBusyError, True),
        (429, openais("rate_limit_exceeded"), ProviderBusyError, True),
        (409, openais(None), ProviderBusyError, False),
        (400, openais("conversation_locked"), ProviderBusyError, False),
        (499, openais(None), ProviderRefusedError, None),
        (500, PROXYS, AnswerLostError, True),
        (502, PROXYS, AnswerLostError, True),
        (408, PROXYS, AnswerLostError, False),
        (503, PROXYS, ProviderBusyError, True),
        (429, PROXYS, ProviderBusyError, True),
        (499, PROXYS, DoubtfulError, None),
        (404, PROXYS, DoubtfulError, None),
        (404, openais(None), NotKnownError, None),
        (404, UNWRAPPED, NotKnownError, None),
        (404, OF_ANOTHER_SORT, DoubtfulError, None),
        (400, openais("previous_response_not_found"), DoubtfulError, None),
    ],
)
def test_an_answer_is_trouble_a_refusal_or_in_doubt(status, body, expected, is_for_all):
    error = translate(answered(status, body))

    assert type(error) is expected
    if is_for_all is not None:
        assert getattr(error, "is_for_all", None) == is_for_all


@pytest.mark.parametrize(
    ("status", "body", "is_of_account"),
    [
        (429, openais("insufficient_quota", "x"), True),
        (429, openais("x", "insufficient_quota"), True),
        (401, openais("invalid_api_key"), True),
        (403, openais("x"), True),
        (400, openais("x"), False),
    ],
)
def test_a_refusal_is_of_the_account_or_of_what_was_asked(status, body, is_of_account):
    error = translate(answered(status, body))

    assert isinstance(error, ProviderRefusedError)
    assert error.is_of_account == is_of_account
