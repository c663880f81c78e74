"""What arguments say, however they are spelt."""

import pytest

from functions.worker.core.arguments import meaning

EXACT = 2**53


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 5.0}', '{"a":5}'),
        ('{"b": 1, "a": [2e0]}', '{"a": [2], "b": 1.0}'),
        (f'{{"a": {EXACT}.0}}', f'{{"a": {EXACT}}}'),
        (f'{{"a": -{EXACT}.0}}', f'{{"a": -{EXACT}}}'),
        ("", "{}"),
    ],
)
def test_two_spellings_of_the_same_arguments_say_the_same(one: str, other: str):
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 2.5}', '{"a": 2}'),
        ('{"a": "5"}', '{"a": 5}'),
        (f'{{"a": {2 * EXACT}.0}}', f'{{"a": {2 * EXACT}}}'),  # which not all readers take for one number
        ('{"a": [1, 2]}', '{"a": [2, 1]}'),
        ("no JSON", "no  JSON"),
    ],
)
def test_other_arguments_say_something_else(one: str, other: str):
    assert meaning(one) != meaning(other)
