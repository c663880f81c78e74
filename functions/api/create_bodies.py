"""OpenAI's create bodies, checked as far as a run of ours depends on them.

What else may be wrong with one, OpenAI says best itself: its 400 ends the run with its words.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

FIXED_OPTIONS: dict[str, dict[str, bool]] = {
    "response": {"background": True, "store": True, "stream": False},
    "session": {"stream": False},
    "thread": {"stream": False},
}
"""What Runrelay decides in a create body of each kind."""


def first_mistake(kind: Literal["response", "session", "thread"], request: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a create body, as the field's place and a sentence."""
    return next(_mistakes(kind, request), None)


def _mistakes(kind: str, request: Mapping[str, Any]) -> Iterator[str]:
    for name, value in FIXED_OPTIONS[kind].items():
        if request.get(name, value) is not value:
            yield f"request.{name}: must be {json.dumps(value)}, or left out"
    match kind:
        case "session":
            yield from _session_mistakes(request)
        case "thread":
            yield from _thread_mistakes(request)
        case _:
            yield from _list_mistakes("request", request)


def _session_mistakes(request: Mapping[str, Any]) -> Iterator[str]:
    agent = request.get("agent", {})
    if not isinstance(agent, dict):
        yield "request.agent: must be an object"
    else:
        yield from _list_mistakes("request.agent", agent)
    if "agent_id" in request:
        yield from _id_mistakes("agent_id", request)
    elif "agent" not in request:
        yield "request.agent: is required, or request.agent_id"
    if _has_no_environment(request) and request.get("input") is None:
        yield "request.input: is required in a session without an environment"


def _has_no_environment(request: Mapping[str, Any]) -> bool:
    match request.get("environment"):
        case None | {"type": "none"}:
            return True
        case _:
            return False


def _thread_mistakes(request: Mapping[str, Any]) -> Iterator[str]:
    if "assistant_id" not in request:
        yield "request.assistant_id: is required"
    yield from _id_mistakes("assistant_id", request)
    yield from _id_mistakes("thread_id", request)
    if "thread_id" in request and "thread" in request:
        yield "request.thread: is for a new thread, and request.thread_id for one that there is"
    yield from _list_mistakes("request", request)


def _id_mistakes(name: str, request: Mapping[str, Any]) -> Iterator[str]:
    value = request.get(name, "an id")
    if not isinstance(value, str) or not value.strip():
        yield f"request.{name}: must be an id"


def _list_mistakes(place: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Look at the one list that tools of the catalog are added to."""
    if not isinstance(body.get("tools", []), list | None):
        yield f"{place}.tools: must be a list"
