"""The events of every type of output item that a scenario may pass on, held against the SDK's own union."""

import typing

import pytest
from openai.types.responses import ResponseOutputItem, ResponseStreamEvent
from pydantic import BaseModel

URL = {
    "type": "url_citation", "start_index": 0, "end_index": 5, "title": "Shop", "url": "https://example.com",
}  # fmt: skip
EXIT = {"type": "exit", "exit_code": 0}
HTTP_ERROR = {"type": "http_error", "code": 502, "message": "Bad gateway"}
# One of each type of item, and of those with an end of their own, one of each end.
ITEMS = {
    "message": {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": "It is here.", "annotations": [URL], "logprobs": []},
            {"type": "refusal", "refusal": "No more."},
        ],
    },
    "reasoning": {
        "type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hard to say"}],
        "content": [{"type": "reasoning_text", "text": "let me see"}], "status": "completed",
    },
    "function_call": {
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}',
        "status": "completed",
    },
    "custom_tool_call": {
        "type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "sql", "input": "select 1",
    },
    "web_search_call": {
        "type": "web_search_call", "id": "ws_1", "status": "completed",
        "action": {"type": "search", "query": "order", "queries": ["order"]},
    },
    "file_search_call": {
        "type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["order"],
        "results": [{"file_id": "file_1", "filename": "a.txt", "score": 0.5, "text": "A-1"}],
    },
    "code_interpreter_call": {
        "type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "print(1 + 1)",
        "container_id": "cntr_1", "outputs": [{"type": "logs", "logs": "2"}],
    },
    "image_generation_call": {
        "type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo=",
        "output_format": "png", "size": "1024x1024",
    },
    "mcp_list_tools": {
        "type": "mcp_list_tools", "id": "mcpl_1", "server_label": "crm",
        "tools": [{"name": "find", "input_schema": {"type": "object"}}],
    },
    "mcp_list_tools, failed": {
        "type": "mcp_list_tools", "id": "mcpl_2", "server_label": "crm", "tools": [], "error": "No answer.",
    },
    "mcp_call": {
        "type": "mcp_call", "id": "mcp_1", "server_label": "crm", "name": "find", "arguments": '{"id": 7}',
        "status": "completed", "output": "found", "error": None,
    },
    "mcp_call, failed": {
        "type": "mcp_call", "id": "mcp_2", "server_label": "crm", "name": "find", "arguments": "{}",
        "status": "failed", "error": HTTP_ERROR,
    },
    "mcp_approval_request": {
        "type": "mcp_approval_request", "id": "mcpr_1", "server_label": "crm", "name": "x", "arguments": "{}",
    },
    "shell_call": {
        "type": "shell_call", "id": "sh_1", "call_id": "call_3", "status": "completed",
        "action": {"commands": ["ls -l", "pwd"]},
    },
    "shell_call_output": {
        "type": "shell_call_output", "id": "sho_1", "call_id": "call_3", "status": "completed",
        "output": [{"stdout": "total 0", "stderr": "no such file", "outcome": EXIT}],
    },
    "compaction": {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAAAAB"},
    "local_shell_call": {
        "type": "local_shell_call", "id": "ls_1", "call_id": "call_4", "status": "completed",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
    "computer_call": {
        "type": "computer_call", "id": "cu_1", "call_id": "call_5", "status": "completed",
        "pending_safety_checks": [], "action": {"type": "screenshot"},
    },
    "apply_patch_call": {
        "type": "apply_patch_call", "id": "apc_1", "call_id": "call_6", "status": "completed",
        "operation": {"type": "delete_file", "path": "a.txt"},
    },
    "tool_search_call": {
        "type": "tool_search_call", "id": "tsc_1", "call_id": None, "execution": "server",
        "arguments": {"query": "order"}, "status": "completed",
    },
    "tool_search_output": {
        "type": "tool_search_output", "id": "tso_1", "call_id": None, "execution": "server", "tools": [],
        "status": "completed",
    },
    "program": {"type": "program", "id": "prg_1", "call_id": "call_7", "code": "f()", "fingerprint": "x"},
    "program_output": {
        "type": "program_output", "id": "pro_1", "call_id": "call_7", "result": "1", "status": "completed",
    },
    "additional_tools": {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": []},
}  # fmt: skip
NOT_PUT_OUT = {
    "function_call_output": "a client's answer",
    "custom_tool_call_output": "a client's answer",
    "computer_call_output": "a client's answer",
    "local_shell_call_output": "a client's answer",
    "apply_patch_call_output": "a client's answer",
    "mcp_approval_response": "a client's answer",
}
"""Types of items that may stand in an output as the SDK has it, and that no model puts out by itself."""
TEXT_KEYS = ("text", "refusal", "arguments", "input", "code", "command")
ABOUT_THE_RESPONSE = {
    f"response.{word}" for word in ("created", "queued", "in_progress", "completed", "failed", "incomplete")
}
NOT_MADE = {
    "response.audio.delta": "the Responses API answers no audio: there is no item for it",
    "response.audio.done": "as above",
    "response.audio.transcript.delta": "as above",
    "response.audio.transcript.done": "as above",
    "error": "belongs to no item; a turn that fails is told by `response.failed`",
}


def by_type(union: object) -> dict[str, type[BaseModel]]:
    """Give the members of one of the SDK's unions by the type that each has on the wire."""
    members = typing.get_args(typing.get_args(union)[0])
    return {typing.get_args(each.model_fields["type"].annotation)[0]: each for each in members}


@pytest.fixture
def streamed(simulator):
    """The events of a response with these items, as the SDK's helper reads them, and the response."""

    def stream(*items, **request):
        simulator.scenario("streamed", {"items": list(items), "seconds": 0})
        given = {"model": "m", "input": "x", "metadata": {"scenario": "streamed"}} | request
        with simulator.openai.responses.stream(**given) as events:
            return list(events), events.get_final_response()

    return stream


def kinds(events):
    """Name what the events say between the beginning of the first item and the end of the last."""
    names = [event.type.removeprefix("response.") for event in events]
    return names[names.index("output_item.added") + 1 : -2]


def test_every_type_of_item_is_tried():
    tried = {item["type"] for item in ITEMS.values()}

    assert tried | set(NOT_PUT_OUT) == set(by_type(ResponseOutputItem))
    assert tried & set(NOT_PUT_OUT) == set()


def test_every_event_of_the_sdk_is_made_or_named_with_a_reason(streamed):
    events, _ = streamed(*ITEMS.values(), tools=[{"type": "image_generation", "partial_images": 1}])

    made = {event.type for event in events} | ABOUT_THE_RESPONSE
    assert set(by_type(ResponseStreamEvent)) - made == set(NOT_MADE)
    assert made - set(by_type(ResponseStreamEvent)) == set()


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_is_streamed_by_the_models_of_the_sdk(simulator, hold_against_sdk, name):
    simulator.scenario("streamed", {"items": [ITEMS[name]], "seconds": 0})
    asked = {"stream": True, "stream_options": {"include_obfuscation": False}, "background": False}

    events = list(
        simulator.create("streamed", tools=[{"type": "image_generation", "partial_images": 1}], **asked)
    )

    for event in events:
        if hasattr(event, "response"):
            continue  # held against its model elsewhere: it has `store`, which the SDK does not know
        hold_against_sdk(event)
    assert events[-1].response.output[0].to_dict() == ITEMS[name]


@pytest.mark.parametrize("name", ITEMS)
def test_a_stream_adds_up_to_what_is_retrieved(simulator, streamed, name):
    events, collected = streamed(ITEMS[name], tools=[])
    retrieved = simulator.openai.responses.retrieve(collected.id)

    told = [event.item for event in events if event.type == "response.output_item.done"]
    assert [each.to_dict() for each in told] == [ITEMS[name]]
    assert without_parsed(collected.to_dict()) == retrieved.to_dict()


def without_parsed(shown):
    """Leave out what the helper itself adds: texts and arguments, parsed."""
    match shown:
        case dict():
            return {key: without_parsed(each) for key, each in shown.items() if not key.startswith("parsed")}
        case list():
            return [without_parsed(each) for each in shown]
        case _:
            return shown


def test_all_pieces_of_a_text_make_the_whole_of_it(streamed):
    events, _ = streamed(*ITEMS.values())

    pieces, wholes = {}, {}
    for event in (event.to_dict() for event in events if not hasattr(event, "response")):
        stem, _, end = event["type"].rpartition(".")
        where = (stem, *(event.get(f"{part}_index") for part in ("output", "content", "summary", "command")))
        if end == "delta" and isinstance(event["delta"], str):
            pieces[where] = pieces.get(where, "") + event["delta"]
        elif end == "done" and not stem.endswith(("_item", "_part", "output_content")):
            wholes[where] = next(event[key] for key in TEXT_KEYS if key in event)
    assert len(wholes) == 11
    assert pieces == wholes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web_search_call", ["in_progress", "searching", "completed"]),
        ("file_search_call", ["in_progress", "searching", "completed"]),
        ("image_generation_call", ["in_progress", "generating", "completed"]),
        ("mcp_list_tools", ["in_progress", "completed"]),
        ("mcp_list_tools, failed", ["in_progress", "failed"]),
    ],
)
def test_a_hosted_tool_goes_through_its_stages(streamed, name, expected):
    events, _ = streamed(ITEMS[name])

    assert kinds(events) == [f"{ITEMS[name]['type']}.{stage}" for stage in expected]


def test_code_comes_in_pieces_before_it_is_interpreted(streamed):
    events, _ = streamed(ITEMS["code_interpreter_call"])

    assert kinds(events) == [
        "code_interpreter_call.in_progress",
        *["code_interpreter_call_code.delta"] * 3,
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
    ]
    assert "".join(event.delta for event in events if event.type.endswith(".delta")) == "print(1 + 1)"


@pytest.mark.parametrize(("name", "end"), [("mcp_call", "completed"), ("mcp_call, failed", "failed")])
def test_a_call_of_an_mcp_server_tells_its_arguments_and_its_end(streamed, name, end):
    events, _ = streamed(ITEMS[name])

    assert kinds(events) == [
        "mcp_call.in_progress",
        *["mcp_call_arguments.delta"] * len(ITEMS[name]["arguments"].split()),
        "mcp_call_arguments.done",
        f"mcp_call.{end}",
    ]


def test_a_search_that_failed_does_not_say_that_it_completed(streamed):
    events, _ = streamed(ITEMS["web_search_call"] | {"status": "failed"})

    assert kinds(events) == ["web_search_call.in_progress", "web_search_call.searching"]


def test_pictures_of_an_image_on_its_way_come_only_if_asked_for(streamed):
    events, _ = streamed(
        ITEMS["image_generation_call"], tools=[{"type": "image_generation", "partial_images": 2}]
    )

    pictures = [event for event in events if event.type.endswith("partial_image")]
    assert [(each.partial_image_index, each.size) for each in pictures] == [
        (0, "1024x1024"),
        (1, "1024x1024"),
    ]


def test_a_summary_comes_before_the_thoughts_themselves(streamed):
    events, _ = streamed(ITEMS["reasoning"])

    assert kinds(events) == [
        "reasoning_summary_part.added",
        *["reasoning_summary_text.delta"] * 3,
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "content_part.added",
        *["reasoning_text.delta"] * 3,
        "reasoning_text.done",
        "content_part.done",
    ]


def test_citations_are_added_to_a_text_that_begins_without_them(streamed):
    events, _ = streamed(ITEMS["message"])

    added = next(event.part for event in events if event.type == "response.content_part.added")
    cited = next(event for event in events if event.type == "response.output_text.annotation.added")
    assert (added.text, added.annotations) == ("", [])
    assert (cited.annotation.url, cited.annotation_index) == ("https://example.com", 0)


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_cancelled_in_the_midst_is_one_that_the_sdk_knows(simulator, hold_against_sdk, name):
    simulator.scenario("endless", {"items": [ITEMS[name]], "never": True, "seconds": 0})
    with simulator.create("endless", stream=True) as created:
        first, *_ = [next(created) for _ in range(4)]

        cancelled = simulator.openai.responses.cancel(first.response.id)

    (item,) = cancelled.output
    hold_against_sdk(item)
    assert getattr(item, "status", None) != "completed"
