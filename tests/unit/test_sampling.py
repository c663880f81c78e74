"""What `make test` leaves out of a matrix of tests, and what it never does."""

from random import Random
from types import SimpleNamespace
from typing import Any

from contracts.status import KINDS

from tests.sampling import drawn


def of_ids(*nodeids: str) -> list[Any]:
    return [SimpleNamespace(nodeid=nodeid) for nodeid in nodeids]


def names(items: list[Any]) -> list[str]:
    return sorted(item.nodeid for item in items)


def test_of_tests_that_differ_in_the_kind_of_their_run_alone_one_is_drawn():
    alike = of_ids(
        "test_a.py::test[response-500]", "test_a.py::test[thread-500]", "test_a.py::test[session-500]"
    )

    assert len(drawn(alike)) == 1


def test_whatever_else_tests_differ_in_none_is_left_out():
    unlike = of_ids(
        "test_a.py::test[response-500]",
        "test_a.py::test[response-503]",
        "test_a.py::test[thread-response-503]",
        "test_a.py::test_more[response-500]",
        "test_b.py::test[response-500]",
        "test_b.py::test[a response]",
        "test_b.py::test[threads]",
        "test_b.py::test",
    )

    assert names(drawn(unlike)) == names(unlike)


def test_every_process_draws_the_same_ones():
    nodeids = [f"test_a.py::test[{kind}-{n}]" for kind in KINDS for n in range(30)]
    shuffled = Random(7).sample(nodeids, len(nodeids))

    assert names(drawn(of_ids(*shuffled))) == names(drawn(of_ids(*nodeids)))
