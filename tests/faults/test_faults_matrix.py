"""The matrix itself: no row is forgotten, and whatever it names is there."""

import pytest

from tests.faults.rows import ELSEWHERE, FAULTS, LEFT_OUT, ROOT, functions_of, rows_tested_here


def test_the_matrix_has_thirty_six_rows():
    assert list(FAULTS) == [f"F{number:02}" for number in range(1, 37)]


def test_every_row_is_proved_or_has_a_reason():
    proved = {row for row, _ in rows_tested_here()} | set(ELSEWHERE)

    assert proved | set(LEFT_OUT) == set(FAULTS)
    assert not proved & set(LEFT_OUT)


@pytest.mark.parametrize("test", sorted({test for tests in ELSEWHERE.values() for test in tests}))
def test_a_test_that_the_matrix_names_elsewhere_is_there(test):
    file, _, name = test.partition("::")

    assert name in [function.name for function in functions_of(ROOT / file)]
