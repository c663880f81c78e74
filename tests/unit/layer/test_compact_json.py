"""JSON that is kept takes as few bytes as it can, and says the same."""

import json

import pytest
from contracts.outside_json import compact
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(JSON)
def test_what_is_kept_says_what_was_given_in_no_more_bytes(document):
    text = compact(document)

    assert json.loads(text) == document
    assert len(text.encode()) <= len(json.dumps(document))


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"a": 1, "b": [True, None]}, '{"a":1,"b":[true,null]}'),
        ({"greeting": "こんにちは"}, '{"greeting":"こんにちは"}'),
        ({"half": "\ud83d", "é": 1}, '{"half":"\\ud83d","\\u00e9":1}'),
    ],
    ids=["no blanks", "letters as they are", "half a surrogate pair is kept"],
)
def test_a_document_is_written_without_what_json_can_do_without(document, text):
    assert compact(document) == text
