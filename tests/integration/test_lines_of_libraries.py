"""The lines in a function's log are our own, though Lambda has the root logger write whatever is INFO."""

import logging

import pytest
from contracts.status import KINDS

from tests.harness.functions import LOGICAL_IDS
from tests.harness.scenario import calling, saying
from tests.harness.world import World

GET = ("get_order", {"order_id": "A-1"})


@pytest.mark.parametrize("kind", KINDS)
def test_no_library_writes_a_line_of_its_own_about_a_run(world: World, caplog, kind):
    caplog.set_level(logging.INFO)  # as the template's `ApplicationLogLevel` has it
    world.start_anew()

    run_id = world.start(calling(GET), saying("done"), kind=kind)
    world.run_to_end(run_id)
    world.sweep()

    lines = [record for record in caplog.records if "/_sim/" not in record.getMessage()]  # the test's own
    assert {line.name for line in lines} <= set(LOGICAL_IDS)
