"""The plan: facts in, what is to be done out."""

import pytest

from functions.endpoint.event_types import KNOWN, wanted_of
from functions.endpoint.plan import Desired, Endpoint, Plan, is_held, plan_for

URL = "https://api.example.com/webhooks/openai"
SECRET = "whsec_bmV3IHNlY3JldCBvZiBvdXJz"
OTHER = "whsec_c29tZWJvZHkgZWxzZSdz"
KINDS = frozenset({"response.completed", "response.failed"})
DESIRED = Desired(URL, "runrelay", KINDS)


def an_endpoint(identifier: str = "we_1", *, hint: str = "whsec_...b3Vycz", **facts) -> Endpoint:
    whole = {"url": URL, "name": "runrelay", "event_types": KINDS} | facts
    return Endpoint(id=identifier, secret_hint=hint, **whole)


@pytest.mark.parametrize(
    ("hint", "is_so"),
    [
        ("whsec_...JzZg", False),
        (f"whsec_...{SECRET[-4:]}", True),
        (f"whsec_****{SECRET[-4:]}", True),
        (f"whsec_••••{SECRET[-4:]}", True),
        (f"…{SECRET[-6:]}", True),
        (SECRET[-4:], True),
        (f"{SECRET[:9]}…{SECRET[-2:]}", True),
        ("", True),
        (f"...{OTHER[-4:]}", False),
    ],
)
def test_a_secret_is_known_by_what_its_hint_shows_of_it(hint, is_so):
    assert is_held(hint, [SECRET]) == is_so


def test_a_hint_of_which_parts_are_in_two_secrets_is_of_neither():
    assert not is_held(f"{SECRET[:9]}...{OTHER[-4:]}", [SECRET, OTHER])


def test_where_nothing_is_held_no_hint_is_of_it():
    assert not is_held("", [])


def test_where_there_is_no_endpoint_one_is_made():
    assert plan_for(DESIRED, [], [SECRET], offered=KINDS) == Plan()


def test_where_all_is_as_it_should_be_nothing_is_done():
    ours = an_endpoint(hint=SECRET[-4:])

    assert plan_for(DESIRED, [ours], [SECRET], offered=KINDS) == Plan(kept=ours, is_secret_held=True)


def test_of_several_whose_secrets_are_held_all_stay_and_the_newest_is_ours():
    newest, oldest = an_endpoint("we_2", hint=SECRET[-4:]), an_endpoint("we_1", hint=OTHER[-4:])

    plan = plan_for(DESIRED, [newest, oldest], [SECRET, OTHER], offered=KINDS)

    assert (plan.kept, plan.strays) == (newest, ())


def test_of_several_whose_secrets_nobody_has_the_oldest_stays():
    newest, oldest = an_endpoint("we_2", hint="...none"), an_endpoint("we_1", hint="...nada")

    plan = plan_for(DESIRED, [newest, oldest], [SECRET], offered=KINDS)

    assert (plan.kept, plan.is_secret_held, plan.strays) == (oldest, False, (newest,))


def test_of_what_is_subscribed_beside_it_that_stays_which_still_can_be():
    ours = an_endpoint(hint=SECRET[-4:], event_types=frozenset({"batch.failed", "video.failed"}))

    plan = plan_for(DESIRED, [ours], [SECRET], offered=KINDS | {"batch.failed"})

    assert plan.changes == {"event_types": ["batch.failed", "response.completed", "response.failed"]}


def test_where_nothing_of_it_is_offered_what_the_sdk_knows_is_wanted():
    assert wanted_of(["batch.failed"]) == KNOWN
    assert wanted_of(["batch.failed", "agent.session.turn.ended"]) == {"agent.session.turn.ended"}
