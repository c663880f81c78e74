"""Create bodies with a null wherever OpenAI takes one, as generated clients write them."""

from typing import Any

import pytest

from tests.harness.scenario import calling, saying

NULLABLE: dict[str, tuple[str, ...]] = {
    "response": (
        "conversation",
        "previous_response_id",
        "metadata",
        "store",
        "background",
        "stream",
        "include",
    ),
    "session": ("metadata", "vault_ids", "prompt_cache_options"),
    "thread": ("metadata", "tools", "tool_choice", "stream", "model", "instructions"),
}


def request(world, kind: str) -> dict[str, Any]:
    match kind:
        case "response":
            return {"model": "m", "input": "go"}
        case "session":
            return {"agent": {"model": "m", "tools": None, "instructions": None}, "input": "go"}
        case _:
            assistant = world.ask_openai("/assistants", {"model": "m"})
            return {"assistant_id": assistant["id"], "thread": {"metadata": None, "tool_resources": None}}


@pytest.mark.parametrize("kind", NULLABLE)
def test_a_run_whose_request_is_full_of_nulls_ends_as_one_without(world, kind: str):
    asked = {**request(world, kind), **dict.fromkeys(NULLABLE[kind])}
    order = calling(("get_order", {"order_id": "A-1"}))
    run_id = world.start(order, saying("done"), kind=kind, request=asked, tools=["get_order"])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"], run["result"]["output_text"]) == ("completed", None, "done")
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"]
