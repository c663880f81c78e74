"""A call that waits for somebody waits for as long as it may, however rarely its run is looked at."""

import pytest

from tests.harness.scenario import Turn, asking, calling, saying
from tests.schedules.scenarios import LARGE_REFUND
from tests.schedules.small_world import SmallWorld

DECISION_SECONDS = 40
APPROVAL = {"server_label": "files", "name": "delete", "arguments": {}}
RARELY = {"CHECK_FIRST_SECONDS": "900", "DECISION_SECONDS": str(DECISION_SECONDS)}


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("response", calling(LARGE_REFUND)),
        ("session", calling(LARGE_REFUND)),
        ("session", asking(APPROVAL)),
    ],
    ids=["a response's tool asks", "a session's tool asks", "the provider asks"],
)
def test_a_call_that_nobody_decides_is_denied_when_its_time_is_over(
    small: SmallWorld, kind: str, asked: Turn
):
    with small.settings("worker", **RARELY), small.settings("tools", **RARELY):
        run_id = small.start_kind(kind, asked, saying("done"), tools=["refund_order"])
        small.deliver(*small.run_queue.visible)
        small.deliver_webhook(small.webhooks_sent()[-1])
        begun_at = small.clock.time()

        small.step_until(lambda: small.run(run_id)["turn"] > 1)

    waited = small.clock.time() - begun_at
    [call] = small.run(run_id)["calls"]
    assert (call["outcome"], waited) == ("denied", pytest.approx(DECISION_SECONDS, abs=3))
