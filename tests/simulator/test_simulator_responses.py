"""The Responses API, through the SDK."""

import json

import httpx2
import openai as sdk
import pytest


def an_output(call, output="{}"):
    return {"type": "function_call_output", "call_id": call.call_id, "output": output}


def test_a_background_response_is_queued_then_in_progress_then_completed(simulator, eventually):
    simulator.scenario("slow", {"seconds": 0.3, "text": "the answer"})

    created = simulator.create("slow")
    eventually(lambda: simulator.openai.responses.retrieve(created.id).status == "in_progress")
    ended = simulator.ended(created)

    assert (created.status, created.usage, created.completed_at) == ("queued", None, None)
    assert (ended.status, ended.output_text) == ("completed", "the answer")
    assert ended.completed_at >= ended.created_at
    assert ended.usage.total_tokens == ended.usage.input_tokens + ended.usage.output_tokens > 0


def test_a_foreground_response_is_answered_when_it_has_ended(simulator):
    simulator.scenario("quick", {"text": "now"})

    response = simulator.create("quick", background=False)

    assert (response.status, response.output_text, response.background) == ("completed", "now", False)


def test_a_response_repeats_what_was_asked_of_it(simulator, function_tool):
    response = simulator.create(
        instructions="be short",
        metadata={"run_id": "run_1"},
        tools=[function_tool],
        temperature=0.5,
        parallel_tool_calls=False,
        text={"format": {"type": "json_object"}},
    )

    assert response.id.startswith("resp_")
    assert response.instructions == "be short"
    assert response.metadata == {"run_id": "run_1"}
    assert response.tools[0].name == "get_order"
    assert response.temperature == 0.5
    assert response.parallel_tool_calls is False
    assert response.text.format.type == "json_object"
    assert response.store is True


def test_every_field_of_a_response_is_one_the_sdk_knows_and_has_the_type_it_says(simulator):
    response = simulator.ended(simulator.create())

    assert response.model_extra == {"store": True}  # the API tells it, the SDK's model does not
    sdk.types.responses.Response.model_validate(response.to_dict(mode="json"))


def test_a_response_that_calls_functions_ends_completed_with_json_text_as_arguments(simulator, function_tool):
    response = simulator.ended(simulator.create(tools=[function_tool]))

    (call,) = response.output
    assert (response.status, call.type, call.name) == ("completed", "function_call", "get_order")
    assert call.id.startswith("fc_")
    assert call.call_id.startswith("call_")
    assert json.loads(call.arguments) == {"order_id": "order_id-1"}


def test_a_follow_up_with_every_output_goes_on(simulator, function_tool):
    first = simulator.ended(simulator.create(tools=[function_tool]))

    second = simulator.create(previous_response_id=first.id, input=[an_output(first.output[0])])

    assert simulator.ended(second).output_text == "done"
    assert second.previous_response_id == first.id
    assert second.instructions is None


def test_a_follow_up_without_an_output_for_every_call_is_refused(simulator, function_tool):
    tools = [function_tool, function_tool | {"name": "get_customer"}]
    first = simulator.ended(simulator.create(tools=tools))

    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(previous_response_id=first.id, input=[an_output(first.output[0])])

    missing = first.output[1].call_id
    assert refused.value.body["message"] == f"No tool output found for function call {missing}."
    assert refused.value.param == "input"


def test_an_output_for_a_call_that_nobody_made_is_refused(simulator):
    first = simulator.ended(simulator.create())

    with pytest.raises(sdk.BadRequestError, match="No tool call found"):
        simulator.create(
            previous_response_id=first.id,
            input=[{"type": "function_call_output", "call_id": "call_x", "output": ""}],
        )


def test_a_follow_up_without_an_answer_to_an_approval_is_refused(simulator):
    simulator.scenario("mcp", {"approvals": [{"server_label": "s", "name": "n", "arguments": {"a": 1}}]})
    first = simulator.ended(simulator.create("mcp"))
    (request,) = first.output

    with pytest.raises(sdk.BadRequestError, match=request.id):
        simulator.create("mcp", previous_response_id=first.id)
    answer = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": True}
    second = simulator.create("mcp", previous_response_id=first.id, input=[answer])

    assert (request.type, request.arguments) == ("mcp_approval_request", '{"a": 1}')
    assert simulator.ended(second).output_text == "done"


def test_a_follow_up_to_a_response_that_has_not_ended_is_refused(simulator):
    simulator.scenario("endless", {"never": True})
    first = simulator.create("endless")

    with pytest.raises(sdk.BadRequestError, match="has not ended"):
        simulator.create(previous_response_id=first.id)


def test_a_cancelled_response_stays_cancelled_and_may_be_cancelled_again(simulator):
    simulator.scenario("endless", {"never": True})
    created = simulator.create("endless")

    first = simulator.openai.responses.cancel(created.id)
    second = simulator.openai.responses.cancel(created.id)

    assert (first.status, second.status) == ("cancelled", "cancelled")
    assert simulator.openai.responses.retrieve(created.id).completed_at is None


def test_a_cancel_after_the_end_answers_the_final_response(simulator):
    ended = simulator.ended(simulator.create())

    assert simulator.openai.responses.cancel(ended.id).status == "completed"


def test_a_foreground_response_cannot_be_cancelled(simulator):
    response = simulator.create(background=False)

    with pytest.raises(sdk.BadRequestError):
        simulator.openai.responses.cancel(response.id)


def test_a_deleted_response_is_gone(simulator):
    simulator.scenario("endless", {"never": True})
    created = simulator.create("endless")

    simulator.openai.responses.delete(created.id)

    with pytest.raises(sdk.NotFoundError):
        simulator.openai.responses.retrieve(created.id)


def test_a_foreground_response_that_was_not_stored_cannot_be_retrieved(simulator):
    response = simulator.create(background=False, store=False)

    with pytest.raises(sdk.NotFoundError):
        simulator.openai.responses.retrieve(response.id)


def test_input_items_come_newest_first_and_in_pages(simulator):
    response = simulator.create(input=[{"role": "user", "content": text} for text in ("a", "b", "c")])

    pages = simulator.openai.responses.input_items.list(response.id, limit=2)
    ascending = simulator.openai.responses.input_items.list(response.id, order="asc")

    assert [item.content[0].text for item in pages.data] == ["c", "b"]
    assert [item.content[0].text for item in pages] == ["c", "b", "a"]
    assert [item.content[0].text for item in ascending] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("request_", "code", "param"),
    [
        ({"model": None}, "missing_required_parameter", "model"),
        ({"model": ""}, "missing_required_parameter", "model"),
        ({"previous_response_id": "resp_x"}, "previous_response_not_found", "previous_response_id"),
        (
            {"previous_response_id": "resp_x", "conversation": "conv_x"},
            "mutually_exclusive_parameters",
            None,
        ),
        ({"metadata": {f"key{n}": "" for n in range(17)}}, "object_above_max_properties", "metadata"),
        ({"metadata": {"k" * 65: ""}}, "string_above_max_length", "metadata"),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "metadata.k"),
        ({"metadata": {"k": 1}}, "invalid_type", "metadata.k"),
        ({"metadata": []}, "invalid_type", "metadata"),
        ({"input": 3}, "invalid_type", "input"),
        ({"input": [3]}, "invalid_type", "input[0]"),
        ({"input": [{"role": "user"}]}, "missing_required_parameter", "input[0].content"),
        (
            {"input": [{"type": "function_call_output", "call_id": "c", "output": {"a": 1}}]},
            "invalid_type",
            "input[0].output",
        ),
        ({"tools": {}}, "invalid_type", "tools"),
        ({"tools": [1]}, "invalid_type", "tools[0]"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].name"),
        ({"background": "yes"}, "invalid_type", "background"),
        ({"stream": "yes"}, "invalid_type", "stream"),
    ],
)
def test_a_create_that_openai_would_refuse_is_refused(simulator, request_, code, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        simulator.create(extra_body=request_)

    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.type == "invalid_request_error"


def test_metadata_at_its_limits_is_accepted(simulator):
    metadata = {f"{n:064}": "v" * 512 for n in range(16)}

    assert simulator.create(metadata=metadata).metadata == metadata


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(simulator, body):
    answer = simulator.http.post("/v1/responses", content=body, headers={"authorization": "Bearer sk-test"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer"}, {"authorization": "Basic abc"}])
def test_a_request_without_a_key_is_refused(simulator, header):
    answer = simulator.http.get("/v1/responses/resp_x", headers=header)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


def test_unknown_ids_are_not_found(openai):
    with pytest.raises(sdk.NotFoundError, match="resp_x"):
        openai.responses.retrieve("resp_x")
    with pytest.raises(sdk.NotFoundError, match="resp_x"):
        openai.responses.cancel("resp_x")
    with pytest.raises(sdk.NotFoundError, match="resp_x"):
        openai.responses.delete("resp_x")
    with pytest.raises(sdk.NotFoundError, match="resp_x"):
        openai.responses.input_items.list("resp_x")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/v1/responses", 405), ("GET", "/v1/nothing", 404), ("POST", "/v1/responses/", 404)],
)
def test_unknown_urls_and_methods_are_refused_in_the_envelope(simulator, method, path, status):
    answer = simulator.http.request(method, path, headers={"authorization": "Bearer sk-test"})

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_every_answer_has_the_headers_of_openai(simulator):
    answers = [
        simulator.openai.responses.with_raw_response.create(model="m", input="x").headers,
        simulator.http.get("/v1/responses/resp_x").headers,
    ]

    for headers in answers:
        assert headers["x-request-id"].startswith("req_")
        assert int(headers["openai-processing-ms"]) >= 0


def test_the_limits_are_told_where_a_model_is_asked_and_nowhere_else(simulator):
    raw = simulator.openai.responses.with_raw_response
    created = raw.create(model="m", input="x")
    retrieved = raw.retrieve(created.parse().id)

    for kind in ("requests", "tokens"):
        limit, left = (int(created.headers[f"x-ratelimit-{word}-{kind}"]) for word in ("limit", "remaining"))
        assert limit > left
        assert created.headers[f"x-ratelimit-reset-{kind}"].endswith("ms")
    told = [*retrieved.headers, *simulator.openai.conversations.with_raw_response.create().headers]
    assert not [header for header in told if header.startswith("x-ratelimit")]


def test_an_error_tells_the_sdk_its_request_id(openai):
    with pytest.raises(sdk.NotFoundError) as refused:
        openai.responses.retrieve("resp_x")

    assert refused.value.request_id.startswith("req_")


def test_an_absent_answer_to_a_call_that_runs_asynchronously_is_no_fault(simulator):
    call = {
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}",
        "async": True, "status": "completed",
    }  # fmt: skip
    simulator.scenario("async", {"items": [call], "text": "meanwhile"})
    first = simulator.ended(simulator.create("async"))

    second = simulator.create("async", previous_response_id=first.id)

    assert simulator.ended(second).status == "completed"


def test_the_sdk_sees_a_timeout_when_the_answer_takes_too_long(simulator):
    simulator.scenario("slow", {"seconds": 5})

    with pytest.raises(sdk.APITimeoutError):
        simulator.create("slow", background=False, timeout=httpx2.Timeout(0.1))
