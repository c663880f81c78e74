"""The webhook endpoints API, through the SDK."""

import openai as sdk
import pytest

from simulator.app import create_app
from simulator.serving import served


@pytest.fixture
def endpoint(openai, receiver):
    return openai.webhooks.create(event_types=["response.failed"], name="mine", url=f"{receiver.url}/made")


def made(receiver):
    return [each for each in receiver.received if each.path == "/hook/made"]


def test_the_secret_is_told_once(openai, endpoint, receiver):
    retrieved = openai.webhooks.retrieve(endpoint.id)

    assert endpoint.signing_secret.startswith("whsec_")
    assert endpoint.signing_secret_hint.endswith(endpoint.signing_secret[-4:])
    assert retrieved.to_dict() == {
        key: value for key, value in endpoint.to_dict().items() if key != "signing_secret"
    }
    assert (retrieved.name, retrieved.url, retrieved.event_types) == (
        "mine",
        f"{receiver.url}/made",
        ["response.failed"],
    )


def test_endpoints_are_listed_newest_first_and_in_pages(openai, receiver):
    made_ones = [
        openai.webhooks.create(event_types=["batch.failed"], name=name, url=receiver.url) for name in "abc"
    ]

    listed = openai.webhooks.list(limit=2)

    assert [each.name for each in listed.data] == ["c", "b"]
    assert [each.id for each in listed] == [each.id for each in reversed(made_ones)]


def test_an_update_replaces_the_event_types(openai, endpoint):
    updated = openai.webhooks.update(endpoint.id, event_types=["batch.completed"], name="new")

    assert (updated.event_types, updated.name, updated.url) == (["batch.completed"], "new", endpoint.url)


def test_a_deleted_endpoint_is_gone(openai, endpoint):
    deleted = openai.webhooks.delete(endpoint.id)

    assert (deleted.deleted, deleted.object) == (True, "webhook_endpoint.deleted")
    with pytest.raises(sdk.NotFoundError):
        openai.webhooks.retrieve(endpoint.id)


def test_an_endpoint_gets_only_what_it_subscribed_to(simulator, endpoint, receiver, eventually):
    simulator.scenario("fails", {"fail": {"code": "server_error", "message": "no"}})

    simulator.ended(simulator.create())
    simulator.ended(simulator.create("fails"))
    eventually(lambda: len(receiver.received) == 3)

    (got,) = made(receiver)
    event = simulator.openai.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
    assert event.type == "response.failed"


def test_after_a_rotation_the_old_secret_is_dead(openai, endpoint, receiver):
    rotated = openai.webhooks.rotate_secret(endpoint.id)
    openai.webhooks.test(endpoint.id, event_type="response.failed")

    (got,) = made(receiver)
    assert len(got.headers["webhook-signature"].split()) == 1
    openai.webhooks.unwrap(got.body, got.headers, secret=rotated.signing_secret)
    with pytest.raises(sdk.InvalidWebhookSignatureError):
        openai.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)


def test_a_rotation_that_keeps_the_old_secret_signs_with_both(openai, endpoint, receiver):
    rotated = openai.webhooks.rotate_secret(endpoint.id, keep_old_secret_active_for_24_hours=True)
    openai.webhooks.test(endpoint.id, event_type="response.failed")

    (got,) = made(receiver)
    assert len(got.headers["webhook-signature"].split()) == 2
    for secret in (rotated.signing_secret, endpoint.signing_secret):
        openai.webhooks.unwrap(got.body, got.headers, secret=secret)


def test_every_event_type_can_be_tested(openai, endpoint, receiver):
    kinds = openai.webhooks.event_types.list().data

    results = [openai.webhooks.test(endpoint.id, event_type=kind) for kind in kinds]

    assert len(kinds) == 27
    assert {(each.status_code, each.success, each.webhook_endpoint_id) for each in results} == {
        (202, True, endpoint.id)
    }
    events = [
        openai.webhooks.unwrap(each.body, each.headers, secret=endpoint.signing_secret)
        for each in made(receiver)
    ]
    assert [event.type for event in events] == kinds


def test_a_test_tells_the_status_of_the_endpoint(openai, endpoint, receiver):
    receiver.statuses.append(500)

    result = openai.webhooks.test(endpoint.id, event_type="response.failed")

    assert (result.status_code, result.success) == (500, True)


def test_a_test_of_an_endpoint_that_does_not_answer_is_refused(openai):
    endpoint = openai.webhooks.create(event_types=["batch.failed"], name="x", url="http://127.0.0.1:9/")

    with pytest.raises(sdk.BadRequestError):
        openai.webhooks.test(endpoint.id, event_type="batch.failed")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"event_types": ["thread.run.completed"]}, "event_types"),
        ({"event_types": []}, "event_types"),
        ({"event_types": "batch.failed"}, "event_types"),
        ({"name": ""}, "name"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://:443/hook"}, "url"),
        ({"url": "http://example.com/hook"}, "url"),
        ({"url": "http://10.0.0.1/hook"}, "url"),
        ({"url": "http://localhost.example.com/hook"}, "url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_refused_and_named_and_changes_nothing(openai, endpoint, change, param):
    whole = {"event_types": ["batch.failed"], "name": "n", "url": "https://example.com"}

    with pytest.raises(sdk.BadRequestError) as create:
        openai.webhooks.create(**whole, extra_body=change)
    with pytest.raises(sdk.BadRequestError) as update:
        openai.webhooks.update(endpoint.id, name="changed", extra_body=change)

    assert (create.value.param, update.value.param) == (param, param)
    assert openai.webhooks.retrieve(endpoint.id).name == "mine"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "http://localhost:9/",
        "http://a.localhost/",
    ],
)
def test_a_url_has_tls_or_is_loopback(openai, url):
    assert openai.webhooks.create(event_types=["batch.failed"], name="n", url=url).url == url


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("response.completed", "resp_"),
        ("agent.session.idle", "sess_"),
        ("agent.environment.ready", "env_"),
        ("batch.failed", "batch_"),
        ("eval.run.failed", "evalrun_"),
        ("fine_tuning.job.failed", "ftjob_"),
    ],
)
def test_the_resource_of_a_test_is_named_as_a_real_one(openai, endpoint, receiver, kind, prefix):
    openai.webhooks.test(endpoint.id, event_type=kind)

    (got,) = made(receiver)
    event = openai.webhooks.unwrap(got.body, got.headers, secret=endpoint.signing_secret)
    assert event.data.id.startswith(prefix)


def test_a_name_below_localhost_is_this_machine_and_is_told_its_name(openai, receiver):
    _, _, port = receiver.url.removesuffix("/hook").rpartition(":")
    endpoint = openai.webhooks.create(
        event_types=["batch.failed"], name="n", url=f"http://api.of.localhost:{port}/hook/made"
    )

    result = openai.webhooks.test(endpoint.id, event_type="batch.failed")

    (got,) = made(receiver)
    assert (result.status_code, got.headers["host"]) == (202, f"api.of.localhost:{port}")


def test_what_may_be_subscribed_to_is_said_when_it_is_made():
    with (
        served(create_app(event_types=["response.completed", "response.paused"])) as url,
        sdk.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
    ):
        known = client.webhooks.event_types.list().data
        endpoint = client.webhooks.create(
            event_types=["response.paused"], name="n", url="https://example.com"
        )
        with pytest.raises(sdk.BadRequestError):
            client.webhooks.update(endpoint.id, event_types=["response.failed"])

    assert known == ["response.completed", "response.paused"]
    assert endpoint.event_types == ["response.paused"]


@pytest.mark.parametrize("keeps", [True, False])
def test_endpoints_outlive_a_reset_where_they_are_kept(keeps):
    with (
        served(create_app(keeps_endpoints=keeps)) as url,
        sdk.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
    ):
        client.webhooks.create(event_types=["batch.failed"], name="n", url="https://example.com")
        client._client.post(f"{url}/_sim/reset").raise_for_status()

        assert [each.name for each in client.webhooks.list()] == ["n"] * keeps


def test_an_event_by_hand_goes_to_who_wants_it_or_else_to_anybody(receiver):
    with (
        served(create_app()) as url,
        sdk.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
    ):
        for kind in ("batch.failed", "response.failed"):
            client.webhooks.create(event_types=[kind], name="n", url=f"{receiver.url}/{kind}")
        for kind in ("batch.failed", "response.failed", "never.heard_of"):
            sent = {"type": kind, "data": {"id": "x"}}
            client._client.post(f"{url}/_sim/webhooks", json=sent).raise_for_status()

    assert [each.path for each in receiver.received] == [
        "/hook/batch.failed",
        "/hook/response.failed",
        "/hook/response.failed",
    ]
