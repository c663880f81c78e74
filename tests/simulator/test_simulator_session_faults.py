"""Faults of sessions: a result that is refused once, a state that is shown late, a lost answer."""

import openai as sdk
import pytest


def test_a_valid_result_is_refused_once_and_then_accepted(simulator, sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}, {"name": "b"}]}))
    simulator.faults(seed=1, api={"unknown_pending_call": 1})
    first, second = session.required_actions

    for refused in (first, second):
        with pytest.raises(sdk.BadRequestError) as struck:
            sessions.send(session, result_of(first), result_of(second), key="key-1")
        assert struck.value.code == "invalid_request_error"
        assert struck.value.body["message"] == f"Unknown pending tool call: {refused.call_id}"
    assert sessions.api.retrieve(session.id).required_actions == [first, second]
    sessions.send(session, result_of(first), result_of(second), key="key-1")

    assert sessions.ended(session).status == "completed"
    entries = simulator.journal(kind="request", path="/events")
    assert [entry.get("fault") for entry in entries] == [
        "unknown_pending_call",
        "unknown_pending_call",
        None,
    ]


def test_the_first_retrieval_after_an_answer_may_be_an_old_picture(simulator, sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}, {"never": True}))
    simulator.faults(seed=1, api={"stale_required_action": 1})
    (call,) = session.required_actions

    sessions.send(session, result_of(call))
    old = sessions.api.retrieve(session.id)
    new = sessions.api.retrieve(session.id)

    assert (old.status, old.required_actions) == ("requires_action", [call])
    assert (new.status, new.required_actions) == ("in_progress", [])
    faults = [entry.get("fault") for entry in simulator.journal(kind="request")]
    assert faults[-2:] == ["stale_required_action", None]


def test_the_faults_of_sessions_strike_as_often_as_their_seed_says(simulator, sessions, result_of):
    def strikes():
        simulator.faults(seed=5, api={"unknown_pending_call": 0.5})
        struck = []
        session = sessions.requiring(sessions.create({"calls": [{"name": "a"}] * 12}))
        for call in session.required_actions:
            try:
                sessions.send(session, result_of(call))
                struck.append(False)
            except sdk.BadRequestError:
                struck.append(True)
        return struck

    first, second = strikes(), strikes()

    assert first == second
    assert set(first) == {True, False}


def test_a_lost_answer_to_a_create_leaves_a_session_that_its_metadata_finds(simulator, sessions):
    simulator.faults(seed=1, api={"lost_answer": 1, "methods": ["POST"]})

    with pytest.raises(sdk.APIConnectionError):
        sessions.create(metadata={"run_id": "run_1"})

    (found,) = sessions.api.list(metadata={"run_id": "run_1"})
    assert sessions.final_text(sessions.ended(found)) == "done"


def test_a_lost_answer_to_events_is_repeated_safely_with_the_same_key(simulator, sessions, result_of):
    session = sessions.requiring(sessions.create({"calls": [{"name": "a"}]}))
    (call,) = session.required_actions
    simulator.faults(seed=1, api={"lost_answer": 1, "paths": ["/events"]})

    with pytest.raises(sdk.APIConnectionError):
        sessions.send(session, result_of(call), key="key-1")
    simulator.faults()
    sessions.send(session, result_of(call), key="key-1")

    assert sessions.ended(session).status == "completed"
    entries = simulator.journal(kind="request", path="/events")
    assert [(entry["status"], entry.get("fault")) for entry in entries] == [
        (None, "lost_answer"),
        (202, None),
    ]


def test_a_limited_api_refuses_a_session_too(simulator, sessions):
    simulator.faults(seed=1, api={"429": 1})

    with pytest.raises(sdk.RateLimitError):
        sessions.create()
