"""What a session waits for that is not ours to give: it is told to the world, and never driven."""

import pytest

from functions.worker.providers.session_object import session_seen
from tests.harness.scenario import asking, saying
from tests.integration.worker.traffic import announced, posted

AN_ENVIRONMENT = {"environment_id": "env_1"}
SOMETHING_NEW = {"type": "retina_scan", "eye": "left"}


def test_an_environment_that_somebody_connects_lets_the_run_go_on(world):
    run_id = world.start(asking({**AN_ENVIRONMENT, "seconds": 0.05}), saying("connected"), kind="session")

    world.run_to_end(run_id)

    assert world.run(run_id)["result"]["output_text"] == "connected"
    assert posted(world, "/events") == []
    [asked] = [each for each in announced(world, "Webhook Relayed") if "action_required" in str(each)]
    assert asked["run_id"] == run_id
    assert asked["event"]["data"]["required_action"] == {"type": "environment_connection"}


@pytest.mark.parametrize(
    ("action", "type_"), [(AN_ENVIRONMENT, "environment_connection"), (SOMETHING_NEW, "retina_scan")]
)
def test_what_nobody_gives_is_noted_once_and_ends_with_the_deadline_by_checks_alone(world, action, type_):
    world.patience_seconds = 0.2
    run_id = world.start(asking(action), saying("never said"), kind="session", deadline_seconds=600)

    world.run_to_end(run_id)

    run, timeline = world.run(run_id), world.timeline(run_id)
    assert (run["status"], run["error"]["code"]) == ("expired", "deadline")
    noted = [entry["types"] for entry in timeline if entry["type"] == "action_required_elsewhere"]
    assert noted == [[type_]]
    [begun, at] = [
        entry["at"] for entry in timeline if entry["type"] in ("turn_started", "action_required_elsewhere")
    ]
    assert begun == at
    assert posted(world, "/events") == [{"events": [{"type": "agent.session.input.cancel"}]}]
    assert [turn["status"] for turn in world.simulator.resources()[0]["turns"]] == ["cancelled"]


def test_of_all_that_nobody_gives_twenty_are_noted(world):
    world.patience_seconds = 0.2
    asked = asking(*({"type": f"scan_{number}"} for number in range(30)))
    run_id = world.start(asked, saying("never said"), kind="session", deadline_seconds=600)

    world.run_to_end(run_id)

    timeline = world.timeline(run_id)
    [types] = [entry["types"] for entry in timeline if entry["type"] == "action_required_elsewhere"]
    assert len(types) == 20


def test_what_is_new_or_has_no_id_is_not_ours_to_give():
    actions = [{"type": "retina_scan", "request_id": "req_1"}, {"type": "function_call", "name": "get_order"}]

    seen = session_seen({"id": "sess_1", "status": "requires_action", "required_actions": actions})

    assert (seen.calls, seen.elsewhere) == ((), ("retina_scan", "function_call"))


@pytest.mark.parametrize(
    ("arguments", "text"), [(None, ""), ('{"a": 1}', '{"a": 1}'), ({"a": 1}, '{"a": 1}')]
)
def test_arguments_are_read_as_text_however_they_are_written(arguments, text):
    action = {"type": "function_call", "call_id": "call_1", "name": "get_order", "arguments": arguments}

    seen = session_seen({"id": "sess_1", "status": "requires_action", "required_actions": [action]})

    assert [call.arguments for call in seen.calls] == [text]
