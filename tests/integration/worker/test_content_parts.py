"""An output may be content parts, images and files among them; each API gets of it what it takes."""

import json
from typing import Any

import pytest

from tests.harness.scenario import calling, saying
from tests.integration.worker.traffic import posted

QUESTION = ("ask_warehouse", {"question": "What does it look like?"})
TEXT = {"type": "input_text", "text": "It is broken."}
IMAGE = {"type": "input_image", "image_url": "https://example.com/parcel.png"}
SHARP_IMAGE = {**IMAGE, "detail": "high"}
IMAGE_BY_ID = {"type": "input_image", "file_id": "file_1"}
FILE = {"type": "input_file", "file_id": "file_1"}


def answered(world, output: Any, *, kind: str = "response", calls: int = 1) -> dict[str, Any]:
    """Post an output, and give the run in its end."""
    run_id = world.start(calling(*[QUESTION] * calls), saying("done"), kind=kind, tools=["ask_warehouse"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")
    (call_id,) = [each["call_id"] for each in world.run(run_id)["calls"] if each["same_as"] is None]
    path = f"/runs/{run_id}/calls/{call_id}/output"
    for _ in range(2):
        assert world.request("POST", path, {"output": output})["statusCode"] == 202
    world.run_to_end(run_id)
    run: dict[str, Any] = world.run(run_id)
    assert run["status"] == "completed"
    return run


@pytest.mark.parametrize("output", [[TEXT], [SHARP_IMAGE, FILE, TEXT]], ids=["text", "all"])
def test_a_response_gets_content_parts_as_such(world, output):
    run = answered(world, output)

    (item,) = posted(world, "/responses")[-1]["input"]
    assert item["output"] == output
    assert [json.loads(call["output"]) for call in run["calls"]] == [output]


def test_a_null_is_left_out_of_a_content_part(world):
    answered(world, [{**FILE, "detail": None, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": None}}])

    (item,) = posted(world, "/responses")[-1]["input"]
    assert item["output"] == [{**FILE, "prompt_cache_breakpoint": {"mode": "explicit"}}]


@pytest.mark.parametrize(
    "output",
    [json.dumps([TEXT]), [], [TEXT, {"type": "input_audio"}], [{"type": "input_image"}], {"parts": [TEXT]}],
    ids=["a string", "nothing", "something else", "an image of nothing", "an object"],
)
def test_what_is_no_list_of_content_parts_is_text(world, output):
    answered(world, output)

    (item,) = posted(world, "/responses")[-1]["input"]
    assert item["output"] == (output if isinstance(output, str) else json.dumps(output))


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ([TEXT, IMAGE], [TEXT, IMAGE]),
        ([SHARP_IMAGE], [IMAGE]),
        ([TEXT, FILE], json.dumps([TEXT, FILE])),
        ([IMAGE_BY_ID], json.dumps([IMAGE_BY_ID])),
    ],
    ids=["as such", "without its detail", "a file", "an image by its id"],
)
def test_a_session_gets_the_content_parts_that_it_takes(world, output, told):
    answered(world, output, kind="session")

    (event,) = posted(world, "/events")[-1]["events"]
    assert event["output"] == told


def test_a_thread_gets_content_parts_as_text(world):
    answered(world, [TEXT, IMAGE], kind="thread")

    (output,) = posted(world, "/submit_tool_outputs")[-1]["tool_outputs"]
    assert json.loads(output["output"]) == [TEXT, IMAGE]


def test_a_call_that_shares_an_outcome_shares_its_content_parts(world):
    answered(world, [IMAGE], calls=2)

    assert [item["output"] for item in posted(world, "/responses")[-1]["input"]] == [[IMAGE], [IMAGE]]
