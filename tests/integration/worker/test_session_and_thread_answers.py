"""What OpenAI answers about a session, or a run on a thread, path by path, through the real SDK."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from contracts.errors import DoubtfulError, ProviderRefusedError

from functions.worker.providers.api import OpenAIApi
from functions.worker.providers.provider import Submission
from functions.worker.providers.sessions import Sessions
from functions.worker.providers.threads import Threads
from tests.integration.worker.outside import answered_by
from tests.integration.worker.test_openai_answers import RUN

SESSION, RUN_PATH = "/agents/sessions/sess_1", "/threads/thread_1/runs/run_1"
CALL = {
    "type": "function_call",
    "call_id": "call_1",
    "turn_id": "turn_1",
    "name": "get_order",
    "arguments": "{}",
}

type Answers = dict[str, dict[str, Any]]


@pytest.fixture
def asked() -> list[str]:
    """The paths that were asked for, from the API's root."""
    return []


@pytest.fixture
def api(asked) -> Callable[[Answers], OpenAIApi]:
    """Make an API that gives one answer for each path; what is not among them is not known."""

    def make(answers: Answers) -> OpenAIApi:
        def respond(request: httpx2.Request) -> httpx2.Response:
            asked.append(path := request.url.path.removeprefix("/v1"))
            if path in answers:
                return httpx2.Response(200, json=answers[path])
            error = {"message": f"No {path} here.", "type": "invalid_request_error", "code": None}
            return httpx2.Response(404, json={"error": error})

        return answered_by(respond)

    return make


def session(status: str, *turns: dict[str, Any], actions: tuple[Any, ...] = ()) -> Answers:
    return {
        SESSION: {"id": "sess_1", "status": status, "required_actions": [*actions]},
        f"{SESSION}/turns": {"data": [*turns], "has_more": False},
        f"{SESSION}/turns/turn_1/items": {"data": [], "has_more": False},
    }


def test_a_session_that_is_said_to_be_idle_and_waits_for_us_is_asked_what_for(api, asked):
    answers = session("requires_action", {"id": "turn_1", "status": "waiting"}, actions=(CALL,))

    seen = Sessions(api(answers)).look("sess_1", "idle")

    assert (seen.status, [call.call_id for call in seen.calls]) == ("requires_action", ["call_1"])
    assert asked == [f"{SESSION}/turns", SESSION]


def test_a_session_that_is_idle_while_its_turn_waits_is_at_work(api, asked):
    answers = session("idle", {"id": "turn_1", "status": "waiting"})

    assert Sessions(api(answers)).look("sess_1").status == "in_progress"
    assert asked == [SESSION, f"{SESSION}/turns"]


@pytest.mark.parametrize(
    ("turn", "is_read"),
    [
        ({"id": "turn_1", "status": "completed"}, True),
        ({"id": "turn_1", "status": "failed"}, False),
        ({"id": "", "status": "completed"}, False),
        ({"id": "", "status": "failed"}, False),
    ],
    ids=str,
)
def test_what_was_said_is_read_of_a_turn_that_was_completed_and_has_an_id(api, asked, turn, is_read):
    seen = Sessions(api(session("idle", turn))).look("sess_1")

    assert seen.status == turn["status"]
    assert (f"{SESSION}/turns/turn_1/items" in asked) is is_read
    assert len(asked) == 2 + is_read


def test_what_an_assistant_says_and_what_it_refuses_are_told_apart(api):
    said = (
        {"type": "text", "text": {"value": "No parcel. "}},
        {"type": "refusal", "refusal": "I will not look."},
    )
    messages = [{"role": "assistant", "content": [*said]}]
    answers = {
        RUN_PATH: {"id": "run_1", "status": "completed"},
        "/threads/thread_1/messages": {"data": messages, "has_more": False},
    }

    seen = Threads(api(answers)).look("thread_1/run_1")

    assert (seen.output_text, seen.refusal) == ("No parcel. ", "I will not look.")


@pytest.mark.parametrize(
    ("request_body", "error"),
    [
        ({"thread_id": "thread_1"}, ProviderRefusedError),
        ({}, DoubtfulError),
        ({"thread_id": None}, DoubtfulError),
    ],
    ids=str,
)
def test_a_thread_of_our_own_that_is_not_known_may_be_a_little_later(api, request_body, error):
    run = replace(RUN, kind="thread", provider_id="thread_1/")

    with pytest.raises(error):
        Threads(api({})).submit(Submission(run, 1, request_body, (), ()))
