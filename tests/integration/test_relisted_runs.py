"""Runs that an earlier release wrote are found by kind and status once they are listed again."""

import json

import boto3
from contracts.items import run_key

from runrelay.relist import relist
from tests.harness.scenario import saying
from tests.harness.template import physical_name
from tests.harness.world import World

TABLE = physical_name("RunTable")


def as_of_0_1(run_id: str, **standing: str) -> None:
    """Leave of where a run stands what 0.1 leaves: nothing, or where it stood before it went back to 0.1."""
    values = {":standing": {"S": standing["standing"]}} if standing else None
    boto3.client("dynamodb").update_item(
        TableName=TABLE,
        Key=run_key(run_id),
        UpdateExpression="SET standing = :standing" if values else "REMOVE standing, subject_standing",
        **({"ExpressionAttributeValues": values} if values else {}),
    )


def found(world: World, query: str) -> list[str]:
    return [run["run_id"] for run in json.loads(world.request("GET", f"/runs?{query}")["body"])["runs"]]


def test_what_ended_under_an_earlier_release_is_found_once_it_is_listed_again(world: World):
    ended = [world.start(saying("ok"), subject="customer-7") for _ in range(3)]
    for run_id in ended:
        world.run_to_end(run_id)
    as_of_0_1(ended[0])
    as_of_0_1(ended[1], standing="response#in_progress")
    assert found(world, "status=completed") == [ended[2]]

    relisted = [list(relist(boto3.client("dynamodb"), TABLE)) for _ in range(2)]

    assert relisted == [[False, True, True], [False, False, False]]
    assert found(world, "status=completed") == ended[::-1]
    assert found(world, "subject=customer-7&status=completed") == ended[::-1]
    assert found(world, "status=in_progress") == []


def test_a_run_that_moves_meanwhile_and_one_that_cannot_be_read_are_left_alone(world: World):
    first, second = (world.start(saying("ok")) for _ in range(2))
    for run_id in (first, second):
        world.run_to_end(run_id)
        as_of_0_1(run_id)
    dynamodb = boto3.client("dynamodb")
    dynamodb.update_item(
        TableName=TABLE,
        Key=run_key(first),
        UpdateExpression="SET kind = :odd",
        ExpressionAttributeValues={":odd": {"S": "batch"}},
    )
    coming = relist(_moving(dynamodb, second), TABLE)

    assert list(coming) == [False, False]


def _moving(dynamodb, run_id: str):
    """Have somebody write a run after it was read."""

    def write(**_) -> None:
        dynamodb.meta.events.unregister("after-call.dynamodb.BatchGetItem", write)
        dynamodb.update_item(
            TableName=TABLE,
            Key=run_key(run_id),
            UpdateExpression="ADD version :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    dynamodb.meta.events.register("after-call.dynamodb.BatchGetItem", write)
    return dynamodb
