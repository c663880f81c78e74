from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.api.paths import readings, with_quoted_call_id


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(["decision", "output"]))
def test_an_id_is_one_segment_and_is_read_as_it_was_delivered(call_id: str, route: str):
    event = {"rawPath": f"/runs/run_1/calls/{call_id}/{route}", "body": "{}"}

    *rest, segment, last = with_quoted_call_id(event)["rawPath"].split("/")

    assert (rest, last) == (["", "runs", "run_1", "calls"], route)
    assert unquote(segment) == call_id


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_id_is_among_its_readings_however_it_was_delivered(call_id: str):
    kept_percents = call_id.replace("%", "%25")
    delivered = {kept_percents, quote(call_id, safe="")}

    assert all(call_id in readings(each) for each in delivered)


@pytest.mark.parametrize(
    "path", ["/runs", "/runs/run_1/events", "/runs/a/b/calls/c/decision", "/openapi.json", ""]
)
def test_other_paths_stay_as_they_are(path: str):
    event = {"rawPath": path, "body": "{}"}

    assert with_quoted_call_id(event) == event
