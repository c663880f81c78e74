"""Of tests that differ in nothing but the kind of their run, one, drawn: what `make test` runs of a matrix.

    pytest --sample                       one kind of run for each
    SAMPLE_SEED=7 pytest --sample         other ones

Marked `drawn_by_kind`, by their module or folder. Without `--sample`, as in `make proofs`, all of them run.
"""

import os
import re
from collections.abc import Iterable
from itertools import groupby
from random import Random

import pytest
from contracts.status import KINDS

KIND = re.compile(rf"(?<![^-])(?:{'|'.join(KINDS)})(?=[-\]])")

SEED = os.environ.get("SAMPLE_SEED", "20261126")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not drawn."""
    marked = [item for item in items if item.get_closest_marker("drawn_by_kind")]
    left_out = set(marked) - set(drawn(marked))
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))


def drawn(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Draw one of each lot: the same ones in each process, and whatever else is collected."""
    ordered = sorted(items, key=lambda item: (_lot(item), item.nodeid))
    return [Random(f"{SEED} {lot}").choice([*alike]) for lot, alike in groupby(ordered, key=_lot)]


def _lot(item: pytest.Item) -> str:
    """Name what a test has in common with those that differ in their kind alone."""
    name, _, parameters = item.nodeid.partition("[")
    return f"{name} {KIND.sub('each', parameters)}"
