"""Records in the run table: put there as the worker would, and read back."""

from types import SimpleNamespace

from contracts.items import Record, from_item, key_of, to_item
from contracts.records import Call, Run

from tests.harness.template import physical_name

TABLE = physical_name("RunTable")


def put(aws: SimpleNamespace, *records: Record) -> None:
    for record in records:
        listing = {"listing": {"S": "run"}} if isinstance(record, Run) else {}
        aws.dynamodb.put_item(TableName=TABLE, Item=to_item(record) | listing)


def stored(aws: SimpleNamespace, call: Call) -> Call:
    """Read a call as it stands now."""
    return from_item(Call, aws.dynamodb.get_item(TableName=TABLE, Key=key_of(call))["Item"])
