"""Records as DynamoDB items, and back.

Text is `S`, whole numbers are `N`, moments are `S` in the form of `contracts.instant`, and a document (a
mapping, a list, a nested record) is `S` holding its JSON, so that no number ever turns into a Decimal.
An absent value is an absent attribute.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, TypeAliasType, get_args, get_origin, get_type_hints

from contracts import instant
from contracts.records import (
    Alias,
    Call,
    DeletedRequest,
    DeletedRun,
    Event,
    Failure,
    LatestCall,
    Run,
    RunRequest,
    Turn,
)

type Item = dict[str, dict[str, str]]
type Record = Run | DeletedRun | Turn | Call | LatestCall | Event | Alias | RunRequest | DeletedRequest


def key_of(record: Record) -> Item:
    """Name the partition and the place in it where a record stands."""
    match record:
        case Run() | DeletedRun():
            return run_key(record.run_id)
        case Call():
            return call_key(record.run_id, record.turn, record.call_id)
        case LatestCall():
            return latest_call_key(record.run_id, record.fingerprint)
        case RunRequest() | DeletedRequest():
            return request_key(record.request_key)
        case _:
            return {"pk": {"S": record.run_id}, "sk": {"S": _place(record)}}


def _place(record: Turn | Event | Alias) -> str:
    match record:
        case Turn():
            return f"turn#{record.turn:05}" + (f"#{record.read_at:07}" if record.read_at else "")
        case Event():
            return f"event#{instant.to_text(record.at)}#{record.type}"
        case Alias():
            return f"alias#{record.provider_id}"


def run_key(run_id: str) -> Item:
    """Name a run's place."""
    return {"pk": {"S": run_id}, "sk": {"S": "run"}}


def request_key(request_key: str) -> Item:
    """Name a request's place."""
    return {"pk": {"S": request_key}, "sk": {"S": "request"}}


def call_key(run_id: str, turn: int, call_id: str) -> Item:
    """Name a call's place: its run, and within it its turn."""
    return {"pk": {"S": run_id}, "sk": {"S": f"{calls_prefix(turn)}{call_id}"}}


def latest_call_key(run_id: str, fingerprint: str) -> Item:
    """Name the place of what is known of the latest call with certain arguments."""
    return {"pk": {"S": run_id}, "sk": {"S": f"latest#{fingerprint}"}}


def calls_prefix(turn: int) -> str:
    """Begin the sort key of every call of a turn."""
    return f"call#{turn:05}#"


def is_of_deleted(item: Mapping[str, Any]) -> bool:
    """Say whether an item is all that is left of a run, or of its request."""
    return "deleted_at" in item


def to_item(record: Record) -> Item:
    """Write a record whole, with its key."""
    return key_of(record) | attributes(asdict_shallow(record))


def asdict_shallow(record: Record) -> dict[str, Any]:
    """Take a record apart by one level: nested records stay records."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def attributes(values: Mapping[str, Any]) -> Item:
    """Write some attributes; those without a value are left out."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def attribute(value: Any) -> dict[str, str]:  # noqa: ANN401 - any field of any record
    """Write one value."""
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return {"S": instant.to_text(value)}
        case _:
            document = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
            return {"S": json.dumps(document, separators=(",", ":"))}


def from_item[R: Record](record_type: type[R], item: Mapping[str, Any]) -> R:
    """Read a record; attributes it does not know are left alone, so that older code reads newer items."""
    wanted: Any = record_type
    hints = _hints(wanted)
    known = [field.name for field in fields(record_type) if field.name in item]
    return record_type(**{name: _value(hints[name], item[name]) for name in known})


@cache
def _hints(record_type: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a type of record
    return get_type_hints(record_type)


def _value(hint: Any, attribute_value: Mapping[str, str]) -> Any:  # noqa: ANN401
    if "N" in attribute_value:
        return int(attribute_value["N"])
    text = attribute_value["S"]
    wanted: Any = _plain(hint)
    if wanted is datetime:
        return instant.from_text(text)
    if wanted is Failure:
        facts = json.loads(text)
        return Failure(facts["code"], facts["message"])
    if get_origin(wanted) is tuple:
        return tuple(json.loads(text))
    return json.loads(text) if get_origin(wanted) is Mapping else text


def _plain(hint: Any) -> Any:  # noqa: ANN401
    """Look through an alias and an optional to the type that decides how text is read."""
    if isinstance(hint, TypeAliasType):
        return _plain(hint.__value__)
    if isinstance(hint, UnionType):
        return _plain(next(member for member in get_args(hint) if member is not type(None)))
    return hint
