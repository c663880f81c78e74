"""What is too long for a table's item, from the outside: it comes back whole."""

import hashlib
import json

import pytest
from runrelay_client import Client, calls, text

KINDS = ["response", "session", "thread"]
ASK = ("ask_warehouse", {"question": "What is in the catalogue?"})
LIMIT = 5 * 1024 * 1024


def words(kilobytes: int) -> str:
    """Text without repetition, in which something left out or doubled would show."""
    digests = (hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(kilobytes * 16))
    return "".join(digests)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_request_output_and_result_come_back_whole(client: Client, kind):
    prompt, output, result = words(300), words(400), words(500)
    request = client.request(kind, prompt)
    run_id = client.start(calls(ASK), text(result), kind=kind, tools=["ask_warehouse"], request=request)
    call_id = client.waiting(run_id, "pending")["call_id"]

    given = client.give(run_id, call_id, output=output)

    run = client.ended(run_id)
    assert (given.status_code, run["status"]) == (202, "completed")
    assert run["calls"][0]["output"] == output
    assert run["result"]["output_text"] == result
    assert prompt in str(client.posted(run_id)[0])
    assert output in str(client.posted(run_id)[-1])


def test_a_request_of_five_megabytes_is_taken_and_a_byte_more_is_a_413(client: Client):
    scenario = client.put_scenario(text("read"))

    fits = client.post_bytes("/runs", a_start(scenario, size=LIMIT))
    too_long = client.post_bytes("/runs", a_start(scenario, size=LIMIT + 1))

    assert (fits.status_code, too_long.status_code) == (202, 413)
    assert too_long.headers["content-type"] == "application/problem+json"
    run_id = fits.json()["run_id"]
    assert client.ended(run_id)["result"]["output_text"] == "read"
    assert len(client.posted(run_id)[0]["input"]) > LIMIT - 1000


def a_start(scenario: str, *, size: int) -> bytes:
    """Make the body of a run's start, of exactly so many bytes."""
    request = {"model": "gpt-6-astra", "input": ""}
    body = json.dumps({"kind": "response", "request": request, "metadata": {"scenario": scenario}})
    return body.replace('"input": ""', f'"input": "{"x" * (size - len(body))}"').encode()


def test_an_output_of_almost_five_megabytes_is_told_to_the_model(client: Client):
    output = words(LIMIT // 1024 - 1)
    run_id = client.start(calls(ASK), text("read"), tools=["ask_warehouse"])
    call_id = client.waiting(run_id, "pending")["call_id"]

    too_long = client.give(run_id, call_id, output=output + "x" * 2048)
    answer = client.give(run_id, call_id, output=output)

    run = client.ended(run_id)
    assert (too_long.status_code, answer.status_code, run["status"]) == (413, 202, "completed")
    assert run["calls"][0]["output"] == output
    assert client.posted(run_id)[-1]["input"][0]["output"] == output
