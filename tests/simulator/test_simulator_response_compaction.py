"""Histories made short, and the tokens of one."""

import openai as sdk
import pytest

USER = {"role": "user", "content": "hello"}


@pytest.fixture
def window(simulator):
    """What a client goes on with; the SDK has no class for a user's message in an output."""

    def compact(**request):
        raw = simulator.openai.responses.with_raw_response.compact(model="m", **request)
        return raw.http_response.json()["output"]

    return compact


@pytest.fixture
def called(simulator):
    """A scenario of three turns, and the history after the first."""
    simulator.scenario("long", {"calls": [{"name": "f"}]}, {"text": "second"}, {"text": "third"})
    first = simulator.create("long", input=[USER], background=False)
    (call,) = first.output
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "{}"}
    return first, [USER, call.to_dict(mode="json"), output]


def test_a_compacted_history_keeps_what_users_said_and_one_item_for_the_rest(simulator, called):
    _, history = called
    history.append({"role": "assistant", "content": "It is shipped."})

    compacted = simulator.openai.responses.compact(model="gpt-6-astra", input=history)

    message, item = compacted.output
    assert (compacted.object, compacted.model_extra) == ("response.compaction", {})
    assert (message.role, message.content[0].text) == ("user", "hello")
    assert (item.type, item.id[:4]) == ("compaction", "cmp_")
    assert compacted.usage.total_tokens == compacted.usage.input_tokens + compacted.usage.output_tokens > 0
    item.model_validate(item.to_dict(mode="json"))


def test_the_model_goes_on_after_a_compacted_history(simulator, called, window):
    compacted = window(input=called[1])

    response = simulator.create("long", input=[*compacted, USER], background=False)
    again = [*compacted, USER, response.output[0].to_dict(mode="json"), USER]

    assert response.output_text == "second"
    assert simulator.create("long", input=again, background=False).output_text == "third"


def test_a_chain_can_be_compacted(simulator, called, window):
    first, history = called
    compacted = window(previous_response_id=first.id, input=history[-1:])

    assert simulator.create("long", input=compacted, background=False).output_text == "second"


def test_a_compaction_that_the_simulator_did_not_make_stands_for_no_turn(simulator, called):
    for content in ("x", "gAAAAAB?", "gAAAAABeyJ9", "gAAAAABe30="):
        response = simulator.create("long", input=[{"type": "compaction", "encrypted_content": content}])

        assert simulator.ended(response).output[0].type == "function_call"


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": "", "input": "x"}, "model"),
        ({"model": "m", "previous_response_id": "resp_x"}, "previous_response_id"),
        (
            {
                "model": "m",
                "input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}],
            },
            "input",
        ),
    ],
)
def test_a_compaction_that_openai_would_refuse_is_refused(openai, asked, param):
    with pytest.raises(sdk.BadRequestError) as refused:
        openai.responses.compact(**asked)

    assert refused.value.param == param


def test_tokens_are_counted_as_a_response_counts_them(simulator):
    response = simulator.create(input="hello", background=False)

    counted = simulator.openai.responses.input_tokens.count(model="m", input="hello")

    assert (counted.object, counted.model_extra) == ("response.input_tokens", {})
    assert counted.input_tokens == response.usage.input_tokens


def test_everything_that_the_model_reads_is_counted(simulator, function_tool):
    first = simulator.create(input="hello", background=False)
    count = simulator.openai.responses.input_tokens.count
    alone = count(input="hello").input_tokens

    assert count(input="hello", instructions="Be brief.").input_tokens > alone
    assert count(input="hello", tools=[function_tool]).input_tokens > alone
    assert count(input="hello", previous_response_id=first.id).input_tokens > alone
