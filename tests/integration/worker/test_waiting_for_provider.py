"""A run that waits because OpenAI, or our key for it, is not there says so on its timeline: once."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.harness.scenario import saying
from tests.harness.site import API_KEY
from tests.harness.template import STACK
from tests.harness.wire import Answer
from tests.harness.world import World

SECRET = f"{STACK}/openai-api-key"
BUSY = Answer(503, {"error": {"message": "Busy.", "type": "server_error", "code": "server_overloaded"}})


@pytest.fixture
def keyless(world: World) -> Iterator[World]:
    """A world just deployed: nobody has put the key into its secret yet."""
    secrets = boto3.client("secretsmanager")
    secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    world.start_anew()
    yield world
    world.start_anew()


def notes(world: World, run_id: str) -> list[Any]:
    return [each for each in world.timeline(run_id) if each["type"] == "waiting_for_provider"]


def test_a_run_without_a_key_says_so_once_and_goes_on_when_there_is_one(keyless: World):
    run_id = keyless.start(saying("done"))
    for _ in range(6):
        keyless.step()
        keyless.clock.skip(60)
    [note] = notes(keyless, run_id)
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=API_KEY)
    keyless.run_to_end(run_id)

    assert note["why"] == "the OpenAI key cannot be read: ResourceNotFoundException"
    assert keyless.run(run_id)["status"] == "completed"
    assert notes(keyless, run_id) == [note]


@pytest.mark.parametrize("kind", ["response", "session", "thread"])
def test_a_provider_that_is_busy_for_minutes_is_told_of_once_with_its_words(world: World, kind):
    run_id = world.start(saying("done"), kind=kind)
    world.wire.interceptor = lambda request: BUSY if request.service == "openai" else None
    for _ in range(40):
        world.step()
    [note] = notes(world, run_id)
    world.wire.interceptor = lambda _request: None
    world.run_to_end(run_id)

    assert "server_overloaded" in note["why"]
    assert world.run(run_id)["status"] == "completed"
    assert notes(world, run_id) == [note]


def test_a_provider_that_is_busy_for_a_moment_is_not_told_of(world: World):
    run_id = world.start(saying("done"))
    world.wire.interceptor = lambda request: BUSY if request.service == "openai" else None
    for _ in range(4):
        world.step()
    world.wire.interceptor = lambda _request: None
    world.run_to_end(run_id)

    assert notes(world, run_id) == []
