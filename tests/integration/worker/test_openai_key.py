"""The key may be changed while workers live; the secret has the new one before the old one is revoked."""

import boto3
import pytest
from contracts.status import KINDS

from tests.harness.scenario import ENDLESS, saying
from tests.harness.site import API_KEY
from tests.harness.template import STACK
from tests.harness.wire import Answer, at_first
from tests.harness.world import World


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
