"""Whatever is there, the endpoint at OpenAI and its secret here become what they should be."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from contracts.errors import ProviderBusyError

from functions.endpoint.openai_webhooks import OpenAIWebhooks
from simulator.webhooks.events import EVENT_TYPES
from tests.harness.template import STACK
from tests.integration.endpoint.outside import KEY, WANTED, Function, OpenAI
from tests.integration.local_aws import WEBHOOK_SECRET_NAME

DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "PutSecretValue")


def is_current(function: Function, simulated: OpenAI) -> bool:
    """Say whether the newest secret that is held is the endpoint's."""
    return simulated.endpoint.signing_secret_hint.endswith(function.secrets[0][-4:])


def test_an_endpoint_is_made_its_secret_kept_and_its_test_accepted(function: Function, simulated: OpenAI):
    report = function("register")

    endpoint = simulated.endpoint
    assert (endpoint.name, endpoint.url) == (STACK, f"{function.outside.url}/webhooks/openai")
    assert set(endpoint.event_types) == WANTED
    assert is_current(function, simulated)
    assert report == {
        "outcome": "registered",
        "did": [f"created {endpoint.id}"],
        "endpoint_id": endpoint.id,
        "url": endpoint.url,
        "event_types": sorted(WANTED),
        "missing_event_types": None,
        "is_secret_held": None,
        "test_status": 202,
        "secrets_held": 1,
        "secret_made_at": report["secret_made_at"],
        "message": None,
    }


def test_what_is_registered_is_left_as_it_is(function: Function, simulated: OpenAI):
    function("register")
    before = simulated.endpoint, function.secrets

    reports = [function("register"), function("tend")]

    assert (simulated.endpoint, function.secrets) == before
    assert [(report["outcome"], report["did"], report["test_status"]) for report in reports] == [
        ("registered", [], 202),
        ("unchanged", [], None),
    ]


def test_it_is_found_among_more_than_a_page_of_others(function: Function, simulated: OpenAI):
    function("register")
    ours = simulated.endpoint.id
    for number in range(120):
        simulated.client.webhooks.create(
            name="theirs", url=f"https://example.com/{number}", event_types=["batch.failed"]
        )

    report = function("register")

    assert (report["endpoint_id"], report["did"]) == (ours, [])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("lost_answer", "OpenAI did not answer"),
        ("half_json", "OpenAI's answer cannot be read"),
        ("proxy_page", "HTTP 502: no word of OpenAI"),
    ],
)
def test_a_create_whose_answer_was_lost_is_found_and_given_a_secret_that_we_know(
    function: Function, simulated: OpenAI, fault, words
):
    simulated.faults("/webhook_endpoints", **{fault: 1})
    lost = function("register")
    simulated.faults()

    report = function("tend")

    assert (lost["outcome"], lost["message"]) == ("failed", words)
    assert (report["outcome"], report["test_status"]) == ("registered", 202)
    assert is_current(function, simulated)


class LosesTheAnswerToACreate(OpenAIWebhooks):
    def create(self, desired):
        super().create(desired)
        raise ProviderBusyError("lost")


def test_only_the_answer_to_the_create_is_lost_and_made_up_for_at_once(function: Function, simulated: OpenAI):
    function.deployed.app.OpenAIWebhooks = LosesTheAnswerToACreate

    report = function("register")

    assert report["did"] == [
        f"created {simulated.endpoint.id}",
        "rotated its secret; the old one is believed for 24 hours more",
    ]
    assert report["test_status"] == 202
    assert is_current(function, simulated)


def test_a_secret_that_could_not_be_kept_is_replaced_when_the_endpoint_is_tended(
    function: Function, simulated: OpenAI
):
    function("register")
    before = function.secrets
    function.deployed.faults["PutSecretValue"] = DENIED
    failed = function("rotate")
    function.deployed.faults.clear()

    report = function("tend")

    assert failed["outcome"] == "failed"
    assert failed["message"] == f"{WEBHOOK_SECRET_NAME} cannot be written: AccessDeniedException"
    assert (report["did"], report["test_status"]) == (
        ["rotated its secret; the old one is believed for 24 hours more"],
        202,
    )
    assert function.secrets[1:] == before
    assert is_current(function, simulated)


def test_what_somebody_changed_is_changed_back(function: Function, simulated: OpenAI):
    function("register")
    simulated.client.webhooks.update(simulated.endpoint.id, name="mine", event_types=["response.failed"])

    report = function("tend")

    assert report["did"] == ["changed its event types, name"]
    assert (simulated.endpoint.name, set(simulated.endpoint.event_types)) == (STACK, WANTED)


def test_what_somebody_subscribed_to_beside_it_stays(function: Function, simulated: OpenAI):
    function("register")
    simulated.client.webhooks.update(
        simulated.endpoint.id, event_types=["batch.completed", "response.failed"]
    )

    function("tend")

    assert set(simulated.endpoint.event_types) == WANTED | {"batch.completed"}


def test_an_endpoint_that_somebody_deleted_is_made_again(function: Function, simulated: OpenAI):
    function("register")
    simulated.client.webhooks.delete(simulated.endpoint.id)

    report = function("tend")

    assert (report["did"], report["test_status"]) == ([f"created {simulated.endpoint.id}"], 202)


def test_an_endpoint_that_was_made_by_hand_is_taken_over(function: Function, simulated: OpenAI):
    made = simulated.client.webhooks.create(
        name="by hand", url=f"{function.outside.url}/webhooks/openai", event_types=["response.completed"]
    )

    report = function("register")

    assert (report["endpoint_id"], report["test_status"]) == (made.id, 202)
    assert simulated.endpoint.name == STACK


def test_another_at_the_same_url_whose_secret_nobody_has_is_deleted(function: Function, simulated: OpenAI):
    function("register")
    ours = simulated.endpoint
    simulated.client.webhooks.create(name="twin", url=ours.url, event_types=["response.completed"])

    report = function("tend")

    assert simulated.endpoint == ours
    assert report["test_status"] == 202


@pytest.mark.parametrize(
    ("offered", "subscribed"),
    [
        (
            [*EVENT_TYPES, "response.paused", "agent.session.turn.completed"],
            WANTED | {"response.paused", "agent.session.turn.completed"},
        ),
        (
            ["batch.failed", "response.completed", "response.failed"],
            {"response.completed", "response.failed"},
        ),
        (["agent.session.idle"], {"agent.session.idle"}),
    ],
    ids=["more than the SDK knows", "fewer", "no response at all"],
)
def test_it_subscribes_to_what_the_project_is_offered(
    start: Callable[..., Function], start_openai: Callable[..., OpenAI], offered, subscribed
):
    simulated = start_openai(event_types=offered)

    report = start(simulated)("register")

    assert set(simulated.endpoint.event_types) == subscribed
    assert report["test_status"] == 202


def test_a_key_that_is_refused_is_told_in_openais_words(function: Function, simulated: OpenAI):
    function.aws.secretsmanager.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString="sk-wrong")

    report = function("register")

    assert report["outcome"] == "refused"
    assert report["message"].startswith("HTTP 401: Incorrect API key provided")
    assert simulated.endpoints == []


@pytest.mark.parametrize("secret", [None, " ", "{}", '{"thread": "sk-theirs"}'])
def test_without_a_key_nothing_is_asked_and_that_is_told(function: Function, simulated: OpenAI, secret):
    name = f"{STACK}/openai-api-key"
    if secret is None:
        function.aws.secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        function.aws.secretsmanager.create_secret(Name=name)
    else:
        function.aws.secretsmanager.put_secret_value(SecretId=name, SecretString=secret)

    report = function("tend")

    assert (report["outcome"], report["message"]) == (
        "no_key",
        f"There is no OpenAI key in the secret {name} yet.",
    )


@pytest.mark.parametrize("kind", ["response", "session"])
def test_the_key_of_a_kind_that_has_webhooks_is_used(function: Function, simulated: OpenAI, kind):
    keys = f'{{"thread": "sk-theirs", "{kind}": "{KEY}"}}'
    function.aws.secretsmanager.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=keys)

    assert function("register")["test_status"] == 202


def test_a_test_event_that_does_not_arrive_undoes_nothing(start: Callable[..., Function], simulated: OpenAI):
    function = start(simulated, WEBHOOK_URL="http://127.0.0.1:9/webhooks/openai")

    report = function("register")

    assert (report["outcome"], report["test_status"]) == ("registered", None)
    assert report["message"].startswith("its test event did not arrive: HTTP 400: ")
    assert is_current(function, simulated)


def test_showing_it_changes_nothing(function: Function, simulated: OpenAI):
    absent = function("show")
    function("register")
    before = simulated.endpoint, function.secrets

    shown = function("show")

    assert absent["outcome"] == "absent"
    assert (shown["outcome"], shown["endpoint_id"], shown["secrets_held"]) == (
        "unchanged",
        simulated.endpoint.id,
        1,
    )
    assert (simulated.endpoint, function.secrets) == before


def test_a_test_event_by_itself_changes_nothing_and_makes_nothing(function: Function, simulated: OpenAI):
    absent = function("test")
    assert (absent["outcome"], absent["test_status"], simulated.endpoints) == ("absent", None, [])
    function("register")
    simulated.client.webhooks.update(simulated.endpoint.id, event_types=["response.failed"], name="by hand")
    before = simulated.endpoint, function.secrets

    tested = function("test")

    assert (tested["outcome"], tested["test_status"], tested["did"]) == ("unchanged", 202, [])
    assert (simulated.endpoint, function.secrets) == before


def test_a_test_event_whose_secret_is_not_held_is_refused_here(function: Function, simulated: OpenAI):
    function("register")
    simulated.client.webhooks.rotate_secret(simulated.endpoint.id)

    assert function("test")["test_status"] == 401


def test_a_secret_that_is_not_held_is_shown_as_such(function: Function, simulated: OpenAI):
    function("register")
    simulated.client.webhooks.rotate_secret(simulated.endpoint.id)

    shown = function("show")
    assert "register mends that" in shown["message"]
    assert shown["is_secret_held"] is False


def test_event_types_that_are_missing_are_shown(function: Function, simulated: OpenAI):
    function("register")
    whole = function("show")
    types = sorted(WANTED - {"response.failed"})
    simulated.client.webhooks.update(simulated.endpoint.id, event_types=types)

    assert (whole["missing_event_types"], whole["is_secret_held"]) == ([], True)
    assert function("show")["missing_event_types"] == ["response.failed"]


@pytest.mark.parametrize("event", [{}, {"action": "dance"}, {"action": None}, {"action": ["tend"]}])
def test_an_action_that_there_is_not_is_told_which_there_are(function: Function, event):
    report = function.deployed(event)

    assert (report["outcome"], report["message"]) == (
        "failed",
        "The action is one of register, rotate, replace, tend, show, test, delete.",
    )
