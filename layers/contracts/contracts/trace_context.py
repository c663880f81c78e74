"""The trace that a run is: its ids follow from the run's own, so that whoever makes them makes the same.

In the words of W3C Trace Context: a `traceparent` is `00-<trace id>-<span id>-<flags>`, in lower-case hex. A
start that carries one has its run be a part of that trace; any other run is a trace of its own.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from contracts.records import Call

_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class SpanContext:
    """A span, as others refer to it.

    Attributes:
        is_sampled: Whether whoever began the trace keeps it; if not, nobody below sends any of it.
    """

    trace_id: str
    span_id: str
    is_sampled: bool = True

    @classmethod
    def read(cls, traceparent: str | None) -> Self | None:
        """Read a `traceparent`, also of a newer version; one that breaks the rules is none."""
        match = _TRACEPARENT.fullmatch(traceparent or "")
        if match is None:
            return None
        version, trace_id, span_id, flags, more = match.groups()
        if (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
            return None
        return cls(trace_id, span_id, is_sampled=bool(int(flags, 16) & _SAMPLED))

    def __str__(self) -> str:
        """Write it as a `traceparent`."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


def run_span(run_id: str, parent: SpanContext | None) -> SpanContext:
    """Name the span of a run; its parent is the one that the start carried, if any."""
    trace_id = parent.trace_id if parent else _hexadecimal(f"trace of {run_id}", 16)
    is_sampled = parent.is_sampled if parent else True
    return SpanContext(trace_id, _hexadecimal(f"span of {run_id}", 8), is_sampled=is_sampled)


def turn_span_id(run_id: str, turn: int, provider_id: str) -> str:
    """Name the span of a turn; one that was begun again has another id at the provider."""
    return _hexadecimal(f"span of {run_id} turn {turn} {provider_id}", 8)


def call_span(call: Call) -> SpanContext:
    """Name the span of a call, under which its tool's own spans hang."""
    run = run_span(call.run_id, SpanContext.read(call.traceparent))
    span_id = _hexadecimal(f"span of {call.run_id} call {call.turn} {call.call_id}", 8)
    return SpanContext(run.trace_id, span_id, is_sampled=run.is_sampled)


def _hexadecimal(words: str, size: int) -> str:
    return sha256(words.encode("utf-8", "surrogatepass")).digest()[:size].hex()
