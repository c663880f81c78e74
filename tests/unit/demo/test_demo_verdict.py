"""Whether a run of the show ended as its story says."""

from dataclasses import replace
from typing import Any

import pytest

from tasks.demo.evidence import Evidence
from tasks.demo.show import Told
from tasks.demo.stories import Story, response, turn
from tasks.demo.verdict import differences

A_STORY = Story(
    name="a story",
    tells="It is told.",
    request=response("Hello?"),
    turns=[turn(2, text="Hello.")],
    effects={"refund": 1, "email": 2},
)
WITH_APPROVAL = replace(A_STORY, approval="Fine.")
RECOVERED = replace(A_STORY, is_recovered=True)

AS_IT_SHOULD_BE = Evidence(
    requests=2,
    webhooks=1,
    webhooks_lost=0,
    effects={"email": 2, "refund": 1},
    requests_every_second=3,
    requests_with_backoff=4,
)
ALL_LOST = replace(AS_IT_SHOULD_BE, webhooks=0, webhooks_lost=1)

ASKED = {"type": "decision_asked", "call_id": "call_1"}
APPROVED = {"type": "call_decided", "call_id": "call_1", "decision": "approved", "reason": "Fine."}
BY_CHECK = {"type": "turn_ended", "woken_by": "check"}
BY_WEBHOOK = {"type": "turn_ended", "woken_by": "webhook"}


def told(*events: dict[str, Any], **changes: Any) -> Told:
    run = {"status": "completed", "result": {"output_text": "Hello."}, "error": None} | changes
    return Told(run, events)


@pytest.mark.parametrize(
    ("story", "events", "evidence"),
    [
        (A_STORY, [BY_WEBHOOK], AS_IT_SHOULD_BE),
        (WITH_APPROVAL, [ASKED, APPROVED], AS_IT_SHOULD_BE),
        (RECOVERED, [BY_CHECK], ALL_LOST),
    ],
    ids=["plain", "with an approval", "recovered"],
)
def test_a_run_that_ended_as_it_should_has_no_differences(story, events, evidence):
    assert list(differences(story, told(*events), evidence)) == []


@pytest.mark.parametrize(
    ("run", "difference"),
    [
        (
            {"status": "failed", "error": {"code": "server_error", "message": "Sorry."}},
            "It is failed and should be completed (server_error: Sorry.).",
        ),
        ({"status": "in_progress", "result": None}, "It is in_progress and should be completed."),
        ({"result": {"output_text": "Bye."}}, "It says 'Bye.' and should say 'Hello.'."),
    ],
)
def test_a_run_that_ended_otherwise_is_told_apart(run: dict[str, Any], difference: str):
    assert list(differences(A_STORY, told(**run), AS_IT_SHOULD_BE)) == [difference]


def test_an_effect_too_many_is_a_difference():
    twice = replace(AS_IT_SHOULD_BE, effects={"refund": 2, "email": 2})

    assert list(differences(A_STORY, told(), twice)) == [
        "The shop saw 2 emails, 2 refunds and should have seen 2 emails, 1 refund."
    ]


@pytest.mark.parametrize(
    ("story", "events", "difference"),
    [
        (A_STORY, [ASKED, APPROVED], "A person was asked for a decision, and nobody should have been."),
        (WITH_APPROVAL, [], "Nobody was asked for an approval."),
        (WITH_APPROVAL, [APPROVED], "Nobody was asked for an approval."),
        (WITH_APPROVAL, [ASKED], "A call that waited for a person was not approved by one."),
        (
            WITH_APPROVAL,
            [ASKED, APPROVED | {"decision": "denied"}],
            "A call that waited for a person was not approved by one.",
        ),
        (
            WITH_APPROVAL,
            [ASKED, APPROVED | {"reason": "By policy."}],
            "A call that waited for a person was not approved by one.",
        ),
    ],
)
def test_an_approval_that_was_not_asked_for_or_not_given_is_a_difference(story, events, difference):
    assert list(differences(story, told(*events), AS_IT_SHOULD_BE)) == [difference]


@pytest.mark.parametrize(
    ("events", "evidence", "difference"),
    [
        ([BY_CHECK], AS_IT_SHOULD_BE, "0 webhooks were lost and 1 were not."),
        ([BY_CHECK], replace(ALL_LOST, webhooks=1), "1 webhooks were lost and 1 were not."),
        ([BY_WEBHOOK], ALL_LOST, "It was moved by 1 webhook and not by checks alone."),
        ([], ALL_LOST, "It was moved by none and not by checks alone."),
    ],
)
def test_a_run_that_was_not_recovered_by_a_check_is_a_difference(events, evidence, difference):
    assert list(differences(RECOVERED, told(*events), evidence)) == [difference]
