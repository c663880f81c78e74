"""Records as DynamoDB items, and back.

Text is `S`, whole numbers are `N`, moments are `S` in the form of `contracts.instant`, and a document (a
mapping, a list, a nested record) is `S` holding its JSON, so that no number ever turns into a Decimal.
An absent value is an absent attribute.

An item that says something else is no record: `from_item` refuses it by name, and `read` gives what is left.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints

from contracts import instant
from contracts.errors import UnreadableItemError
from contracts.records import (
    Alias,
    Call,
    DeletedRequest,
    DeletedRun,
    Event,
    LatestCall,
    Run,
    RunRequest,
    Turn,
)
from contracts.values import NOT_READ, value_of

type Item = dict[str, dict[str, str]]
type Record = Run | DeletedRun | Turn | Call | LatestCall | Event | Alias | RunRequest | DeletedRequest

RUN = "run"
"""The sort key of a run's own item."""

FORMAT = 1
"""Of an item as a whole, in its attribute `format`; it goes up when older code would misread what is new.

A new attribute is no new format, for older code leaves it alone. An item without one is of release 0.1.
"""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is no record, as far as it can be read.

    Attributes:
        partition: The one it stands in: its run's id, or a request's key.
        item: Its sort key, which says what it is to be.
        attributes: Those that are missing or hold something else; never what they hold.
        known: What the other ones say, as values of the record's fields.
    """

    partition: str
    item: str
    attributes: tuple[str, ...]
    known: Mapping[str, Any]


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
    return {"pk": {"S": run_id}, "sk": {"S": RUN}}


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
    facts = run_attributes(record) if isinstance(record, Run) else attributes(asdict_shallow(record))
    return key_of(record) | attributes({"format": FORMAT}) | facts


def run_attributes(run: Run) -> Item:
    """Write a run's attributes, those among them by which it is listed."""
    return attributes(asdict_shallow(run) | standing_of(run))


def standing_of(run: Run) -> dict[str, str | None]:
    """Name the partitions of the indexes of all runs, and of a subject's, in which a run stands now."""
    own = standing(run.kind, run.status)
    return {"standing": own, "subject_standing": run.subject and subject_standing(run.subject, own)}


def standing(kind: str, status: str) -> str:
    """Name the partition of runs of one kind that have one status."""
    return f"{kind}#{status}"


def subject_standing(subject: str, its_standing: str) -> str:
    """Name the partition of a subject's runs of one kind that have one status."""
    return f"{its_standing}#{subject}"


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
    """Read a record; attributes it does not know are left alone, so that older code reads newer items.

    Raises:
        UnreadableItemError: The item is none.
    """
    found = read(record_type, item)
    if isinstance(found, Unreadable):
        raise UnreadableItemError(found.partition, found.item, found.attributes)
    return found


def read[R: Record](record_type: type[R], item: Mapping[str, Any]) -> R | Unreadable:
    """Read a record, or as much of it as can be."""
    wanted: Any = record_type
    hints = _hints(wanted)
    known: dict[str, Any] = {}
    wrong = [] if _is_of_known_format(item) else ["format"]
    for field in fields(record_type):
        try:
            if field.name in item:
                known[field.name] = value_of(hints[field.name], item[field.name])
            elif _is_required(field):
                wrong.append(field.name)
        except NOT_READ:
            wrong.append(field.name)
    if not wrong:
        record = record_type(**known)
        wrong = [name for name, value in key_of(record).items() if item.get(name, value) != value]
        if not wrong:
            return record
    partition, place = (item[name]["S"] if name in item else "" for name in ("pk", "sk"))
    return Unreadable(partition, place, tuple(wrong), known)


def _is_of_known_format(item: Mapping[str, Any]) -> bool:
    try:
        return "format" not in item or value_of(int, item["format"]) <= FORMAT
    except NOT_READ:
        return False


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _hints(record_type: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a type of record
    return get_type_hints(record_type)
