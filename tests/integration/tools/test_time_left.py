"""The tool function with little time: a call is begun if it can end well, and comes back otherwise."""

from typing import Any

import pytest

from tests.harness.scenario import calling, saying

EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Hello", "body": "Hello."})


@pytest.mark.parametrize(("seconds", "effects"), [(9, 0), (60, 1)])
def test_a_call_is_begun_while_there_is_time_to_run_it_and_to_write_what_came_of_it(
    world: Any, seconds, effects
):
    run_id = world.start(calling(EMAIL), saying("done"), tools=["send_email"])
    world.step_until(lambda: bool(world.tool_queue.visible))

    undone = world.deliver(*world.tool_queue.visible, seconds=seconds)

    assert len(world.simulator.effects()) == effects
    assert world.tool_queue.visible == undone
    world.run_to_end(run_id)
    assert [each["outcome"] for each in world.run(run_id)["calls"]] == ["succeeded"]
    assert len(world.simulator.effects()) == 1
