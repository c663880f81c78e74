"""A rotation leaves no gap: the new secret and the old one, and after a day the new one alone."""

from collections.abc import Callable

from functions.webhook.signing_secrets import MAX_AGE_SECONDS
from tests.integration.endpoint.outside import Function, OpenAI
from tests.integration.local_aws import WEBHOOK_SECRET_NAME


def test_a_rotation_keeps_the_old_secret_beside_the_new_one(function: Function):
    function("register")
    (old,) = function.secrets

    report = function("rotate")

    new, kept = function.secrets
    assert (kept, new == old) == (old, False)
    assert (report["outcome"], report["did"], report["test_status"]) == (
        "rotated",
        ["rotated its secret; the old one is believed for 24 hours more"],
        202,
    )


def test_the_old_secret_is_left_out_once_openai_has_dropped_it(function: Function):
    function("register")
    function("rotate")
    new, old = function.secrets

    function.later(hours=23.9)
    too_early = function("tend")
    both = function.secrets
    function.later(hours=0.2)
    in_time = function("tend")

    assert (too_early["did"], both) == ([], [new, old])
    assert (in_time["did"], in_time["test_status"]) == (["left the old secret out"], 202)
    assert function.secrets == [new]


def test_what_leaves_the_old_secret_out_makes_the_new_one_no_younger(function: Function):
    function("register")
    made_at = function("rotate")["secret_made_at"]
    function.later(hours=25)
    function("tend")

    assert function("show")["secret_made_at"][:19] == made_at[:19]


def test_rotations_that_follow_each_other_keep_three_secrets(function: Function):
    function("register")
    first = function.secrets
    for _ in range(3):
        function("rotate")
        function.later(minutes=6)

    assert len(function.secrets) == 3
    assert first[0] not in function.secrets


def test_a_rotation_that_warm_functions_may_not_have_seen_is_not_followed_by_another(function: Function):
    function("register")
    function("rotate")
    before = function.secrets

    again = function("rotate")
    function.later(seconds=MAX_AGE_SECONDS + 1)
    later = function("rotate")

    assert (again["outcome"], again["did"], later["outcome"]) == ("too_early", [], "rotated")
    assert function.secrets[1:] == before


def test_a_secret_is_rotated_when_it_is_as_old_as_it_may_be(
    start: Callable[..., Function], simulated: OpenAI
):
    function = start(simulated, WEBHOOK_ROTATION_DAYS="30")
    function("register")

    outcomes = []
    for _ in range(62):
        function.later(days=1)
        outcomes.append(function("tend")["outcome"])

    assert [day for day, outcome in enumerate(outcomes, 1) if outcome == "rotated"] == [30, 60]
    assert len(function.secrets) == 1


def test_unless_it_is_wanted_no_secret_is_ever_rotated(function: Function):
    function("register")
    before = function.secrets
    function.later(days=4_000)

    assert function("tend")["did"] == []
    assert function.secrets == before


def test_a_secret_that_was_written_by_hand_is_as_old_as_its_version(
    start: Callable[..., Function], simulated: OpenAI
):
    function = start(simulated, WEBHOOK_ROTATION_DAYS="30")
    made = simulated.client.webhooks.create(
        name="runrelay", url=f"{function.outside.url}/webhooks/openai", event_types=["response.completed"]
    )
    function.aws.secretsmanager.put_secret_value(
        SecretId=WEBHOOK_SECRET_NAME, SecretString=f"{made.signing_secret}\n"
    )

    fresh = function("tend")
    function.later(days=31)
    old = function("tend")

    assert (fresh["did"], old["outcome"]) == (["changed its event types"], "rotated")


def test_a_rotation_where_there_is_no_endpoint_makes_one(function: Function, simulated: OpenAI):
    report = function("rotate")

    assert report["did"] == [f"created {simulated.endpoint.id}"]
    assert len(function.secrets) == 1
