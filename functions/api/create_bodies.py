"""OpenAI's create bodies, checked as far as a run of ours depends on them.

What else may be wrong with one, OpenAI says best itself: its 400 ends the run with its words.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from contracts.marks import MARKS, RUN_MARK

from functions.api.metadata import MAX_OPENAI_PAIRS, PAIRS_IN_WORDS, is_metadata
from functions.api.mistakes import Mistake

FIXED_OPTIONS: dict[str, dict[str, bool]] = {
    "response": {"background": True, "store": True, "stream": False},
    "session": {"stream": False},
    "thread": {"stream": False},
}
"""What Runrelay decides in a create body of each kind."""

TAKES_NO_NULL: dict[str, frozenset[str]] = {
    "response": frozenset(
        {
            *("access_programs", "background_options", "image", "input", "model", "prompt_cache_options"),
            *("text", "tool_choice", "tools", "user"),
        }
    ),
    "session": frozenset({"agent", "agent_id", "environment", "review", "stream", "stream_options"}),
    "session.agent": frozenset({"experimental", "model"}),
    "thread": frozenset({"assistant_id", "include", "parallel_tool_calls", "thread", "thread_id"}),
    "thread.thread": frozenset({"messages"}),
}
"""What is not nullable in OpenAI's schema, from the SDK's create params; anywhere else a null is absence.

Within a session's `agent` a null is not even that: beside an `agent_id` it clears what the saved agent has.
"""


def mistakes(kind: Literal["response", "session", "thread"], request: Mapping[str, Any]) -> Iterator[Mistake]:
    """Say all that is wrong with a create body: the places in it, and a sentence for each."""
    yield from _null_mistakes(kind, request)
    body = without_nulls(request)
    for name, value in FIXED_OPTIONS[kind].items():
        if body.get(name, value) is not value:
            yield (name,), f"must be {json.dumps(value)}, or left out"
    if not is_metadata(metadata := body.get("metadata", {})):
        yield ("metadata",), PAIRS_IN_WORDS
    else:
        yield from ((("metadata", name), "is Runrelay's own") for name in MARKS if name in metadata)
    match kind:
        case "session":
            yield from _session_mistakes(request)
        case "thread":
            yield from _thread_mistakes(request)
        case _:
            yield from _list_mistakes((), body)


def without_nulls(request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is null, which is absence, so that whoever reads a create body need not know."""
    return {name: value for name, value in request.items() if value is not None}


def _null_mistakes(place: str, body: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in sorted(TAKES_NO_NULL[place]):
        if body.get(name, ...) is None:
            yield (name,), "must not be null: leave it out"


def _session_mistakes(request: Mapping[str, Any]) -> Iterator[Mistake]:
    body = without_nulls(request)
    agent = body.get("agent", {})
    if not isinstance(agent, dict):
        yield ("agent",), "must be an object"
    else:
        yield from _within("agent", _null_mistakes("session.agent", agent))
        yield from _list_mistakes(("agent",), agent)
    yield from _id_mistakes("agent_id", body)
    if "agent_id" not in request and "agent" not in request:
        yield ("agent",), "is required, or request.agent_id"
    if _has_no_environment(body) and "input" not in body:
        yield ("input",), "is required in a session without an environment"


def _has_no_environment(body: Mapping[str, Any]) -> bool:
    match body.get("environment"):
        case None | {"type": "none"}:
            return True
        case _:
            return False


def _thread_mistakes(request: Mapping[str, Any]) -> Iterator[Mistake]:
    body = without_nulls(request)
    if "assistant_id" not in request:
        yield ("assistant_id",), "is required"
    yield from _id_mistakes("assistant_id", body)
    yield from _id_mistakes("thread_id", body)
    if "thread_id" in body and "thread" in body:
        yield ("thread",), "is for a new thread, and request.thread_id for one that there is"
    thread = body.get("thread", {})
    if not isinstance(thread, dict):
        yield ("thread",), "must be an object"
    else:
        yield from _within("thread", _new_thread_mistakes(thread))
    yield from _list_mistakes((), body)


def _new_thread_mistakes(thread: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _null_mistakes("thread.thread", thread)
    metadata = without_nulls(thread).get("metadata", {})
    if not is_metadata(metadata):
        yield ("metadata",), PAIRS_IN_WORDS
        return
    if RUN_MARK in metadata:
        yield ("metadata", RUN_MARK), "is Runrelay's own"
    if len(metadata) >= MAX_OPENAI_PAIRS:
        yield ("metadata",), f"at most {MAX_OPENAI_PAIRS - 1} pairs, and there are {len(metadata)}"


def _within(name: str, found: Iterator[Mistake]) -> Iterator[Mistake]:
    return (((name, *place), words) for place, words in found)


def _id_mistakes(name: str, body: Mapping[str, Any]) -> Iterator[Mistake]:
    value = body.get(name, "an id")
    if not isinstance(value, str) or not value.strip() or "/" in value:
        yield (name,), "must be an id"


def _list_mistakes(place: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[Mistake]:
    """Look at the one list that tools of the catalog are added to."""
    if not isinstance(body.get("tools", []), list | None):
        yield (*place, "tools"), "must be a list"
