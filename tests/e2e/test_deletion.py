"""A customer asks to be forgotten: one word stood everywhere in a run, and then it stands nowhere."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from runrelay_client import Client, calls, text

KINDS = ["response", "session", "thread"]
TOOLS = ["get_order", "send_email", "ask_warehouse"]
MADE = {"response": "/responses", "session": "/agents/sessions", "thread": "/threads"}


def traces_of(canary: str, client: Client) -> list[str]:
    """Say where a word is found: in the table, the bucket, the queues and their dead letters, the logs."""
    return [place for place, words in kept(client) if canary in words]


def kept(client: Client) -> Iterator[tuple[str, str]]:
    stack = client.stack
    for page in stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.table_name):
        for item in page["Items"]:
            yield f"item {item['pk']['S']} {item['sk']['S']}", json.dumps(item)
    s3, bucket = stack.client("s3"), stack.payload_bucket_name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", ()):
            body = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode()
            yield f"object {each['Key']}", each["Key"] + body
    yield (
        "a queue",
        client.http.get(f"{stack.aws_endpoint_url}/_ministack/sqs/messages").raise_for_status().text,
    )
    logs = stack.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            ):
                yield from ((f"log {group['logGroupName']}", event["message"]) for event in events["events"])


def a_run(client: Client, kind: str, canary: str) -> str:
    """Play a run in whose request, arguments, outputs, errors and payloads a word stands."""
    long = f"{canary} " * 20_000
    asked = [
        ("get_order", {"order_id": f"missing-{canary}"}),
        ("send_email", {"to": "ann@example.com", "subject": canary, "body": long}),
        ("ask_warehouse", {"question": canary}),
    ]
    scenario = client.put_scenario(calls(*asked), text(long))
    metadata = {"scenario": scenario, "customer": canary}
    request = client.request(kind, long)
    run_id = client.start(kind=kind, request=request, metadata=metadata, tools=TOOLS)
    [question] = [
        each for each in client.until(run_id, has_calls)["calls"] if each["name"] == "ask_warehouse"
    ]
    assert client.give(run_id, question["call_id"], output=long).status_code == 202
    run = client.ended(run_id)
    assert run["status"] == "completed"
    return run_id


def has_calls(run: dict[str, Any]) -> bool:
    return run["status"] == "requires_action"


def made_at_openai(client: Client, kind: str) -> list[str]:
    path = f"/v1{MADE[kind]}"
    created = [each for each in client.journal("request") if (each["method"], each["path"]) == ("POST", path)]
    return [f"{MADE[kind]}/{each['response']['id']}" for each in created]


def item_of(client: Client, run_id: str) -> dict[str, Any]:
    key = {"pk": {"S": run_id}, "sk": {"S": "run"}}
    item: dict[str, Any] = client.stack.client("dynamodb").get_item(
        TableName=client.stack.table_name, Key=key
    )["Item"]
    return item


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_deletion_nothing_that_was_said_is_found_anywhere(client: Client, kind):
    canary = f"kiebitz{uuid4().hex}"
    run_id = a_run(client, kind, canary)
    objects = made_at_openai(client, kind)
    before = traces_of(canary, client)
    assert {place.split()[0] for place in before} == {"item", "object"}
    assert all(client.is_at_openai(path) for path in objects)
    assert canary in json.dumps([each for each in client.timeline(run_id) if each.get("detail")])

    answer = client.delete(run_id)

    assert (answer.status_code, client.delete(run_id).status_code) == (202, 202)
    assert client.http.get(f"{client.stack.api_url}/runs/{run_id}").status_code == 410
    client.eventually(lambda: "deleted_at" in item_of(client, run_id))
    assert traces_of(canary, client) == []
    assert [path for path in objects if client.is_at_openai(path)] == []
    assert client.dead_letters() == 0
    listed = client.http.get(f"{client.stack.api_url}/runs").json()["runs"]
    assert run_id not in [run["run_id"] for run in listed]


def test_an_open_run_has_to_be_cancelled_first(client: Client):
    run_id = client.start({"seconds": 0.1, "never": True})

    assert client.delete(run_id).status_code == 409
    assert client.cancel(run_id).status_code == 202
    client.ended(run_id)
    assert client.delete(run_id).status_code == 202
