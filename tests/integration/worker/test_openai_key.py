"""The key may be changed while workers live; the secret has the new one before the old one is revoked."""

import boto3
import pytest
from contracts.status import KINDS

from tests.harness.scenario import ENDLESS, saying
from tests.harness.site import API_KEY
from tests.harness.template import STACK
from tests.harness.wire import Answer, at_first
from tests.harness.world import World

pytestmark = pytest.mark.drawn_by_kind


def put_key(value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=value)


@pytest.fixture
def revoked(world: World):
    """A world whose workers begin with a key that OpenAI refuses."""
    put_key("sk-revoked")
    world.start_anew()
    yield world
    world.start_anew()


def test_a_key_that_was_changed_is_read_again_when_the_old_one_is_refused(revoked: World):
    revoked.wire.interceptor = at_first(lambda request: request.service == "openai", lambda: put_key(API_KEY))

    run_id = revoked.start(saying("done"))
    revoked.run_to_end(run_id)

    assert revoked.run(run_id)["status"] == "completed"


def test_a_key_that_is_refused_and_was_not_changed_ends_the_run_with_the_providers_words(revoked: World):
    run_id = revoked.start(saying("done"))
    revoked.run_to_end(run_id)

    run = revoked.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "invalid_api_key")
    assert len(revoked.simulator.journal(kind="request", path="/v1/responses")) == 1


UNUSABLE = [
    "  ",
    "sk-\u00e9",
    "sk-a\nsk-b",
    "{sk-a}",
    "{}",
    '{"response": "sk-\u2019"}',
    '{"a": ' + "[" * 30_000,
]


@pytest.fixture
def keyless(world: World):
    """A world in which a test may write any secret."""
    yield world
    put_key(API_KEY)
    world.start_anew()


@pytest.mark.parametrize("secret", UNUSABLE, ids=lambda secret: repr(secret[:20]))
def test_a_secret_that_holds_no_key_ends_a_run_that_begins_with_a_word(keyless: World, secret):
    put_key(secret)
    keyless.start_anew()

    run_id = keyless.start(saying("done"))
    keyless.deliver(*keyless.run_queue.visible)

    run = keyless.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "no_api_key")
    assert secret not in keyless.output("worker")


@pytest.mark.parametrize("secret", UNUSABLE[:3], ids=lambda secret: repr(secret[:20]))
@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_a_secret_that_holds_no_key_keeps_no_run_from_its_end(keyless: World, secret, end):
    keyless.patience_seconds = 0.1
    run_id = keyless.start(ENDLESS, deadline_seconds=600)
    keyless.step_until(lambda: keyless.run(run_id)["status"] == "in_progress")
    put_key(secret)
    keyless.start_anew()

    if end == "cancelled":
        assert keyless.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    else:
        keyless.clock.skip(600)
        keyless.sweep()
    keyless.deliver(*keyless.run_queue.visible)
    assert keyless.run(run_id)["status"] == end
    put_key(API_KEY)
    keyless.start_anew()
    keyless.settle()

    assert [each["status"] for each in keyless.simulator.resources()] == ["cancelled"]
    assert keyless.run_queue.dead_letters == []


NO_KEY = Answer(
    401, {"error": {"message": "No.", "type": "invalid_request_error", "code": "invalid_api_key"}}
)


@pytest.mark.parametrize("is_cancelled", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_at_work_when_the_key_is_refused_is_stopped_once_it_is_taken_again(world, kind, is_cancelled):
    run_id = world.start(ENDLESS, kind=kind)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    world.wire.interceptor = lambda request: NO_KEY if request.service == "openai" else None

    if is_cancelled:
        assert world.request("POST", f"/runs/{run_id}/cancel")["statusCode"] == 202
    world.run_to_end(run_id)
    world.wire.interceptor = lambda _request: None
    world.settle()

    [resource] = world.simulator.resources()
    turns = resource.get("turns") or [resource]
    assert world.run(run_id)["status"] == ("cancelled" if is_cancelled else "failed")
    assert turns[-1]["status"] == "cancelled"
    assert "turn_not_cancelled" in [event["type"] for event in world.timeline(run_id)]
