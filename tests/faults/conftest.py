"""What the tests of faults share."""

import io
from collections.abc import Callable, Iterator

import pytest

from tests.faults.runs import KINDS, Shape, finish, shapes_of, start
from tests.harness.site import site
from tests.harness.world import harness


@pytest.fixture(scope="session")
def new_shapes() -> Callable[..., list[Shape]]:
    """Enumerate the requests of clean runs: those of a kind that no kind before it sends."""
    known: dict[Shape, str] = {}

    def of(kind: str, *services: str) -> list[Shape]:
        for each in () if known else KINDS:
            with harness() as world:
                run_id = start(world, each)
                for shape in shapes_of(world, lambda world=world, run_id=run_id: finish(world, run_id)):
                    known.setdefault(shape, each)
        return [shape for shape in known if known[shape] == kind and shape[1] in services]

    return of


@pytest.fixture
def mute(world: object) -> Iterator[None]:
    """Have nothing that any function prints be written."""
    functions = site().functions.values()
    outputs = {function.name: function.output for function in functions}
    for function in functions:
        function.output = _Closed()
        function.forget_instances()
    yield
    for function in functions:
        function.output = outputs[function.name]
        function.forget_instances()


class _Closed(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have each test's rows reported with its result, and one kind of run drawn for it."""
    item.add_marker("drawn_by_kind")
    for mark in item.iter_markers("row"):
        item.user_properties.extend(("row", each) for each in mark.args)
