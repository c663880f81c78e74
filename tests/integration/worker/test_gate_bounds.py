"""However long a provider asks us to stay away, a mistake of its stops nothing for longer than minutes."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from contracts import instant

from functions.worker.gate import Gates
from tests.harness.scenario import ENDLESS, saying
from tests.harness.template import physical_name
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World

WEEK = 7 * 24 * 3600
LONGEST = 5 * 60
SPREAD = 20
"""Over how many seconds those who waited are spread once the gate opens."""


def seconds_closed(gates: Gates) -> list[int]:
    return [gates.seconds_closed("openai", f"run_{n}") for n in range(50)]


@pytest.fixture
def gates(aws: SimpleNamespace, monkeypatch) -> Gates:
    """Give gates for which no time passes, until somebody lets it."""
    now = instant.now()
    monkeypatch.setattr(instant, "now", lambda: now)
    return Gates(aws.dynamodb, physical_name("RunTable"))


@pytest.mark.parametrize("asked", [301, WEEK, 10**9])
def test_a_gate_is_closed_for_five_minutes_at_most(gates: Gates, asked):
    gates.close("openai", asked, "429")

    assert min(seconds_closed(gates)) >= LONGEST - 2
    assert max(seconds_closed(gates)) <= LONGEST + SPREAD


def test_a_gate_is_closed_for_as_long_as_it_is_asked_to_and_those_who_wait_are_spread(gates: Gates):
    gates.close("openai", 60, "429")

    waits = seconds_closed(gates)

    assert 60 <= min(waits) < max(waits) <= 60 + SPREAD
    assert len(set(waits)) > SPREAD / 2


def test_a_gate_that_is_closed_for_longer_stays_so_and_one_that_is_not_is_closed_for_longer(gates: Gates):
    gates.close("openai", 60, "429")

    gates.close("openai", 2, "429")
    kept = min(seconds_closed(gates))
    gates.close("openai", 120, "429")

    assert kept >= 60
    assert min(seconds_closed(gates)) >= 120


def test_a_closed_gate_is_read_by_whoever_hears_of_trouble_and_no_other(aws: SimpleNamespace, gates: Gates):
    gates.close("openai", 60, "429")
    other = Gates(aws.dynamodb, physical_name("RunTable"))

    before = seconds_closed(other)
    other.close("openai", 1, "429")

    assert set(before) == {0}
    assert min(seconds_closed(other)) >= 60


def test_three_answers_in_a_row_that_do_not_come_close_the_gate_for_half_a_minute(gates: Gates):
    gates.miss("openai")
    gates.miss("openai")
    gates.hear("openai")
    gates.miss("openai")
    gates.miss("openai")
    before = set(seconds_closed(gates))
    gates.miss("openai")

    assert before == {0}
    assert 30 <= min(seconds_closed(gates)) <= max(seconds_closed(gates)) <= 30 + SPREAD


def test_a_gate_opens_by_itself_and_its_record_goes(aws: SimpleNamespace, gates: Gates, monkeypatch):
    gates.close("openai", 60, "429")
    [item] = aws.dynamodb.scan(TableName=physical_name("RunTable"))["Items"]
    later = instant.now() + timedelta(seconds=61)
    monkeypatch.setattr(instant, "now", lambda: later)

    assert set(seconds_closed(gates)) == {0}
    assert 0 < int(item["expires_at"]["N"]) - later.timestamp() < 2 * 3600


def test_a_provider_that_asks_one_run_for_a_week_is_asked_by_others_within_minutes(world: World):
    refusal = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    busy = Answer(429, refusal, {"retry-after": str(WEEK)})
    world.wire.interceptor = at_first(is_to_openai, lambda: busy)
    begun = world.clock.now()

    world.start(saying("done"))
    others = [world.start(saying("done")) for _ in range(3)]
    for run_id in others:
        world.run_to_end(run_id)

    ends = [datetime.fromisoformat(world.run(run_id)["ended_at"]) for run_id in others]
    assert {world.run(run_id)["status"] for run_id in others} == {"completed"}
    assert max(ends) - begun < timedelta(seconds=LONGEST + SPREAD + 30)


def test_a_provider_that_is_busy_and_says_not_for_how_long_is_left_alone_for_seconds(world: World):
    busy = Answer(429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}})
    moments: list[float] = []

    def intercept(request: Request) -> Answer | None:
        if not is_to_openai(request):
            return None
        moments.append(world.clock.time())
        return busy if len(moments) == 1 else None

    world.wire.interceptor = intercept
    for _ in range(2):
        world.start(saying("done"))
    world.settle()

    assert 1.5 < moments[1] - moments[0] < 10


def is_to_openai(request: Request) -> bool:
    return request.service == "openai"


def test_answers_that_do_not_come_close_the_gate(world):
    world.simulator.faults(seed=1, webhooks={"drop": 1.0})
    world.patience_seconds = 0.1
    world.wire.interceptor = lambda request: (
        Fault.LOSE_REPLY if request.operation.startswith("GET /v1/responses/") else None
    )
    world.start(ENDLESS)
    world.step_until(lambda: any(each["pk"]["S"].startswith("gate#") for each in world.items()))


def test_an_answer_that_another_thread_hears_meanwhile_is_no_mistake_of_the_one_that_missed_its_own():
    class HeardAtOnce(dict[str, int]):
        def __setitem__(self, name: str, missed: int) -> None:
            super().__setitem__(name, missed)
            gates.hear(name)

    gates = Gates(SimpleNamespace(), "table", _missed=HeardAtOnce())  # type: ignore[arg-type] - it is not asked

    gates.miss("openai")
