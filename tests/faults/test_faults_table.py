"""DynamoDB in trouble: each operation of a run in each way, and all of them for ten minutes."""

from collections.abc import Callable

import pytest

from tests.faults.invariants import check_all
from tests.faults.rows import row
from tests.faults.runs import KINDS, Shape, finish, shape, shapes_of, start
from tests.harness.wire import Answer, Fault, Interceptor
from tests.harness.world import harness

TYPE = "com.amazonaws.dynamodb.v20120810#"
THROTTLED = Answer(400, {"__type": f"{TYPE}ThrottlingException", "message": "Rate exceeded"})
BROKEN = Answer(500, {"__type": f"{TYPE}InternalServerError", "message": "Internal error"})
IN_CONFLICT = Answer(400, {"__type": f"{TYPE}TransactionConflictException", "message": "Conflict"})
TROUBLES: dict[str, tuple[Fault | Answer, ...]] = {
    "throttled, then 500": (THROTTLED, BROKEN),
    "transaction conflict": (IN_CONFLICT,),
    "a lost reply": (Fault.LOSE_REPLY,),
    "two lost replies": (Fault.LOSE_REPLY, Fault.LOSE_REPLY),
}
"""What becomes of the attempts at an operation; botocore makes two."""


def strike(wanted: Shape, *troubles: Fault | Answer) -> Interceptor:
    """Have the first attempts at an operation fail."""
    left = iter(troubles)
    return lambda request: next(left, None) if shape(request) == wanted else None


@pytest.fixture(scope="module")
def operations() -> Callable[[str], list[Shape]]:
    """Enumerate the operations of clean runs: those of a kind that no kind before it has."""
    known: dict[str, list[Shape]] = {}

    def of(kind: str) -> list[Shape]:
        for each in KINDS:
            if each not in known:
                with harness() as world:
                    run_id = start(world, each)
                    new = shapes_of(
                        world, lambda world=world, run_id=run_id: finish(world, run_id), "dynamodb"
                    )
                earlier = {shape for shapes in known.values() for shape in shapes}
                known[each] = [shape for shape in new if shape not in earlier]
        return known[kind]

    return of


@row("F21")
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("socket_enabled")
def test_whatever_operation_fails_a_run_ends_and_nothing_is_done_twice(operations, kind, trouble):
    for operation in operations(kind):
        with harness() as world:
            run_id = start(world, kind)
            world.wire.interceptor = strike(operation, *TROUBLES[trouble])

            finish(world, run_id)

            check_all(world, run_id, may_be_unknown=trouble == "two lost replies")
