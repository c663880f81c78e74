"""Create bodies as OpenAI's SDK types them: where a null is absence, and where it is a mistake."""

from collections.abc import Iterator
from types import NoneType
from typing import Annotated, Any, NotRequired, Required, get_args, get_origin, get_type_hints

import pytest
from openai.types.beta.agents import session_create_params
from openai.types.beta.thread_create_and_run_params import Thread, ThreadCreateAndRunParamsNonStreaming
from openai.types.beta.threads.run_create_params import RunCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from functions.api.create_bodies import TAKES_NO_NULL, mistakes, without_nulls

SCHEMAS: dict[str, list[Any]] = {
    "response": [ResponseCreateParamsNonStreaming],
    "session": [session_create_params.SessionCreateParamsNonStreaming],
    "session.agent": [session_create_params.Agent],
    "thread": [RunCreateParamsNonStreaming, ThreadCreateAndRunParamsNonStreaming],
    "thread.thread": [Thread],
}
IN_PATHS = {"thread": {"thread_id"}}
"""What is part of a path at OpenAI, and of the create body here."""

BODIES: dict[str, dict[str, Any]] = {
    "response": {"model": "m", "input": "go"},
    "session": {"agent": {"model": "m"}, "input": "go", "environment": {"type": "openai_hosted"}},
    "thread": {"assistant_id": "asst_1", "thread": {"messages": []}},
}


def takes_null(hint: Any) -> bool:
    while get_origin(hint) in (Required, NotRequired, Annotated):
        hint = get_args(hint)[0]
    return NoneType in get_args(hint)


def fields(place: str) -> Iterator[tuple[str, bool]]:
    """Give every field that the SDK knows, and whether it may be null."""
    for schema in SCHEMAS[place]:
        hints = get_type_hints(schema, include_extras=True)
        yield from ((name, takes_null(hint)) for name, hint in hints.items())


@pytest.mark.parametrize("place", SCHEMAS)
def test_what_takes_no_null_is_what_the_sdk_says(place):
    not_nullable = {name for name, is_nullable in fields(place) if not is_nullable}

    assert not_nullable | IN_PATHS.get(place, set()) == TAKES_NO_NULL[place]


@pytest.mark.parametrize(
    ("kind", "name", "is_nullable"),
    [(kind, *field) for kind in BODIES for field in sorted({*fields(kind), ("an_option_of_tomorrow", True)})],
)
def test_a_null_is_absence_where_openai_takes_one_and_else_named(kind, name, is_nullable):
    request = {**BODIES[kind], name: None}

    found = [place for place, _ in mistakes(kind, request)]

    assert (found == []) is is_nullable
    assert is_nullable or (name,) in found
    assert name not in without_nulls(request)


@pytest.mark.parametrize(
    ("kind", "name", "inner"),
    [
        (*place.split("."), inner)
        for place in ("session.agent", "thread.thread")
        for inner in sorted({name for name, _ in fields(place)})
    ],
)
def test_a_null_in_an_object_of_ours_to_change_is_kept_where_openai_takes_one(kind, name, inner):
    request = {**BODIES[kind], name: {**BODIES[kind][name], inner: None}}

    found = [place for place, _ in mistakes(kind, request)]

    assert found == ([(name, inner)] if inner in TAKES_NO_NULL[f"{kind}.{name}"] else [])
    assert without_nulls(request)[name] == request[name]
