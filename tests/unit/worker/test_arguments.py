"""What arguments say, however they are spelt."""

from typing import Any

import pytest

from functions.worker.core.arguments import MAX_NAME, MAX_NAMES, meaning, what_is_wrong

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


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("written", ['{"a": 1}', '{"b": "x", "a": "no number, which is not seen here"}'])
def test_arguments_with_the_names_of_a_schema_may_be_a_tools(written: str):
    assert what_is_wrong(written, SCHEMA) is None


@pytest.mark.parametrize("written", ["", "null"])
def test_a_tool_that_takes_nothing_is_given_nothing(written: str):
    assert what_is_wrong(written, {"type": "object", "properties": {}, "required": []}) is None


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("{broken", "they are no JSON"),
        ('{"a": NaN}', "they are no JSON"),
        ("[" * 100_000, "they are no JSON"),
        ("[1]", "they are no object"),
        ('"a"', "they are no object"),
        ("", 'without "a"'),
        ('{"b": "x"}', 'without "a"'),
        ('{"a": 1, "c": 2, "d": 3}', 'it has no "c", "d"'),
        ('{"a": 1, "\\ud800": 2}', 'it has no "\\ud800"'),
    ],
)
def test_other_arguments_are_none_of_a_tools_and_it_is_said_why(written: str, wrong: str):
    assert what_is_wrong(written, SCHEMA) == wrong


def test_however_many_names_are_wrong_and_however_long_few_are_told():
    written = "{" + ",".join(f'"{number}{"x" * 500}": 1' for number in range(100)) + ', "a": 1}'

    assert len(what_is_wrong(written, SCHEMA) or "") <= (MAX_NAME + 2) * MAX_NAMES + len("it has no ")
