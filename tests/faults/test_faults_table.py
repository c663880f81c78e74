"""DynamoDB in trouble: each operation of a run in each way, and all of them for ten minutes."""

from random import Random

import pytest

from tests.faults.invariants import check_all, check_conservation
from tests.faults.rows import row
from tests.faults.runs import EMAIL, KINDS, Shape, finish, shape, start
from tests.harness.item_sizes import item_size
from tests.harness.scenario import calling, failing, saying
from tests.harness.wire import Answer, Fault, Interceptor
from tests.harness.world import harness

TYPE = "com.amazonaws.dynamodb.v20120810#"
THROTTLED = Answer(400, {"__type": f"{TYPE}ThrottlingException", "message": "Rate exceeded"})
BROKEN = Answer(500, {"__type": f"{TYPE}InternalServerError", "message": "Internal error"})
IN_CONFLICT = Answer(400, {"__type": f"{TYPE}TransactionConflictException", "message": "Conflict"})
TEN_MINUTES = 600
A_RUN = {"kind": "response", "request": {"model": "gpt-6-astra", "input": "hello"}}
KEY = ("Idempotency-Key", "a key of the client")
LARGE = "x" * 500_000
MAX_ITEM_BYTES = 400 * 1024
A_LONG_ID = {"name": EMAIL[0], "arguments": EMAIL[1], "call_id": "c" * 2_000}
TROUBLES: dict[str, tuple[Fault | Answer, ...]] = {
    "throttled, then 500": (THROTTLED, BROKEN),
    "transaction conflict": (IN_CONFLICT,),
    "two lost replies": (Fault.LOSE_REPLY, Fault.LOSE_REPLY),
}
"""What becomes of the attempts at an operation; botocore makes two."""


def strike(wanted: Shape, *troubles: Fault | Answer) -> Interceptor:
    """Have the first attempts at an operation fail."""
    left = iter(troubles)
    return lambda request: next(left, None) if shape(request) == wanted else None


@row("F21")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("socket_enabled")
def test_whatever_operation_fails_a_run_ends_and_nothing_is_done_twice(
    new_shapes, kind, trouble, is_exhaustive
):
    drawn = Random(kind)  # one of them for each operation
    operations = [(each, drawn.choice(list(TROUBLES))) for each in new_shapes(kind, "dynamodb")]
    for operation in [each for each, its_own in operations if is_exhaustive or its_own == trouble]:
        with harness() as world:
            run_id = start(world, kind)
            world.wire.interceptor = strike(operation, *TROUBLES[trouble])

            finish(world, run_id)

            check_all(world, run_id, may_be_unknown=trouble == "two lost replies")


@row("F22")
@pytest.mark.parametrize("steps", [0, 5, 12])
def test_a_backlog_of_ten_minutes_without_dynamodb_drains_and_leaves_no_dead_letter(world, steps):
    run_ids = [start(world, kind) for kind in KINDS]
    for _ in range(steps):
        world.step()
    is_up_at = world.clock.time() + TEN_MINUTES
    world.wire.interceptor = lambda request: (
        Fault.LOSE_REQUEST if request.service == "dynamodb" and world.clock.time() < is_up_at else None
    )

    refused = world.request("POST", "/runs", A_RUN, headers=[KEY])
    while world.clock.time() < is_up_at:
        assert world.step()
    begun = world.request("POST", "/runs", A_RUN, headers=[KEY])
    finish(world, *run_ids)

    assert (refused["statusCode"], begun["statusCode"]) == (503, 202)
    check_all(world, *run_ids)


@row("F23")
@pytest.mark.parametrize(
    ("turns", "status", "code"),
    [
        ([calling(("send_email", {**EMAIL[1], "body": LARGE})), saying(LARGE)], "completed", None),
        ([calling(("send_email", LARGE)), saying("done")], "completed", None),
        ([calling((LARGE, {})), saying("done")], "completed", None),
        ([{"seconds": 0, "calls": [A_LONG_ID]}], "failed", "unanswerable_output"),
        ([failing(message=LARGE)], "failed", "server_error"),
    ],
    ids=["arguments", "broken arguments", "name", "call id", "error"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_larger_than_an_item_is_kept_elsewhere_or_refused(world, kind, turns, status, code):
    run_id = start(world, kind, *turns)

    finish(world, run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"] and run["error"]["code"]) == (status, code)
    assert not [each for each in world.wire.exchanges if "ValidationException" in str(each.answer)]
    assert max(map(item_size, world.items())) < MAX_ITEM_BYTES
    check_conservation(world)
