"""A function tool in a create body is refused, with what to do: nobody would run its calls."""

from typing import Any

import pytest

FLAT = {"type": "function", "name": "get_order", "parameters": {"type": "object", "properties": {}}}
NESTED = {"type": "function", "function": {"name": "get_order"}}
NAMED_TWICE = "get_order is named in tools as well, from where the model is offered it: leave it out here"
IN_CATALOG = "get_order is a tool of the catalog: name it in tools, and leave it out here"
NOBODYS = (
    "nobody runs weather: put it into the catalog, with executor='external' if something else "
    "gives its outputs; "
    "then name it in tools, and leave it out here"
)


def body(kind: str, offered: Any, **more: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "response": {"model": "gpt-6-astra", "input": "go", "tools": offered},
        "session": {"agent": {"model": "gpt-6-astra", "tools": offered}, "input": "go"},
        "thread": {"assistant_id": "asst_1", "tools": offered},
    }[kind]
    return {"kind": kind, "request": request, **more}


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("response", "request.tools.1"),
        ("session", "request.agent.tools.1"),
        ("thread", "request.tools.1"),
    ],
)
@pytest.mark.parametrize(
    ("tool", "named", "words"),
    [
        (FLAT, ["get_order"], NAMED_TWICE),
        (NESTED, ["refund_order", "get_order"], NAMED_TWICE),
        (FLAT, [], IN_CATALOG),
        (FLAT, ["refund_order"], IN_CATALOG),
        ({**FLAT, "name": "weather"}, ["get_order"], NOBODYS),
        ({"type": "function", "function": {"name": "weather"}}, [], NOBODYS),
    ],
)
def test_a_function_tool_is_refused_with_what_to_do(api, kind, place, tool, named, words):  # noqa: PLR0917
    answer = api.post("/runs", body(kind, [{"type": "web_search"}, tool], tools=named))

    assert answer.status == 422
    assert answer.json["errors"] == [{"field": place, "message": words}]


def test_one_within_a_namespace_is_too_and_each_is_named(api):
    namespace = {
        "type": "namespace",
        "name": "shop",
        "description": "x",
        "tools": [FLAT, {"type": "custom"}, FLAT],
    }

    answer = api.post("/runs", body("response", [namespace, {**FLAT, "name": "weather"}], tools=["nobody"]))

    assert {each["field"] for each in answer.json["errors"]} == {
        "request.tools.0.tools.0",
        "request.tools.0.tools.2",
        "request.tools.1",
        "tools.0",
    }


@pytest.mark.parametrize(
    "tools",
    [
        None,
        [],
        [{"type": "web_search"}, {"type": "file_search", "vector_store_ids": ["vs_1"]}],
        [{"type": "custom", "name": "get_order"}],
        [{"type": "mcp", "server_label": "s", "server_url": "https://example.com", "name": "get_order"}],
        [
            {"type": "function"},
            {"type": "function", "name": 7},
            "function",
            None,
        ],  # OpenAI says what is wrong
    ],
)
@pytest.mark.parametrize("kind", ["session", "thread"])
def test_other_tools_stay_beside_those_of_the_catalog(api, kind, tools):
    answer = api.post("/runs", body(kind, tools, tools=["get_order"]))

    assert answer.status == 202, answer.json


@pytest.mark.parametrize("odd", [[], "tools", 7, {"tools": {"type": "function", "name": "get_order"}}])
def test_what_is_no_list_of_tools_is_wrong_for_its_own_reason(api, odd):
    answer = api.post("/runs", {"kind": "response", "request": odd, "tools": odd})

    assert answer.status == 422
    assert "catalog" not in str(answer.json["errors"])
