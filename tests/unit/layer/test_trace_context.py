"""The ids of a run's trace follow from its own, and a `traceparent` keeps to W3C Trace Context."""

from dataclasses import replace

import pytest
from contracts.trace_context import SpanContext, call_span, run_span, turn_span_id

from tests.unit.layer.records import RUN_ID, a_call

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("traceparent", "is_sampled"),
    [
        (PARENT, True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"cc-{TRACE}-{SPAN}-01-later", True),
    ],
)
def test_a_traceparent_is_read(traceparent: str, is_sampled: bool):
    assert SpanContext.read(traceparent) == SpanContext(TRACE, SPAN, is_sampled=is_sampled)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        PARENT.upper(),
        PARENT[1:],
        f" {PARENT}",
        f"{PARENT}\n",
        f"{PARENT}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-0g",
        f"{PARENT},{PARENT}",
        f"cc-{TRACE}-{SPAN}-01later",
    ],
)
def test_a_traceparent_that_breaks_the_rules_is_none(wrong: str | None):
    assert SpanContext.read(wrong) is None


def test_what_is_written_is_read():
    for context in (SpanContext(TRACE, SPAN), SpanContext(TRACE, SPAN, is_sampled=False)):
        assert SpanContext.read(str(context)) == context


def test_the_ids_of_a_run_are_ever_the_same():
    call = a_call(run_id=RUN_ID, turn=1, call_id="call_1")

    assert run_span(RUN_ID, None) == run_span(RUN_ID, None)
    assert str(run_span("run_1", None)) == "00-9c991c86a291caf4c911b789e64762c0-a8c3657a64285267-01"
    assert call_span(call).trace_id == run_span(RUN_ID, None).trace_id


def test_no_two_spans_share_an_id():
    calls = [a_call(turn=turn, call_id=call_id) for turn in (1, 2) for call_id in ("call_1", "call_2")]
    ids = [
        run_span(RUN_ID, None).span_id,
        *(turn_span_id(RUN_ID, turn, provider_id) for turn in (1, 2) for provider_id in ("resp_1", "resp_2")),
        *(call_span(call).span_id for call in calls),
    ]

    assert len(set(ids)) == len(ids)


def test_a_run_and_its_calls_are_a_part_of_the_trace_of_their_start():
    parent = SpanContext.read(f"00-{TRACE}-{SPAN}-00")
    call = call_span(replace(a_call(), traceparent=str(parent)))

    assert (call.trace_id, call.is_sampled) == (TRACE, False)
    assert run_span(RUN_ID, parent).trace_id == TRACE
    assert call.span_id == call_span(a_call()).span_id
