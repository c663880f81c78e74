"""Whatever the records of a run hold, the run is shown, and told, and what cannot be read is named."""

import json
from typing import Any, NoReturn

import pytest
from contracts.errors import UnreadableItemError
from contracts.items import from_item, to_item
from contracts.payloads import PayloadBucket
from contracts.run_records import RunRecords, UnreadableRun, listed

from functions.api.timeline import timeline
from functions.api.views import listed_view, run_view
from tests.unit.api.spoilt_records import FULL, SECRET, spoilt_items


def no_bucket() -> NoReturn:
    raise AssertionError("nothing of this is in the bucket")


PAYLOADS = PayloadBucket(no_bucket, "bucket")
BY_ATTRIBUTE: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
for _name, _attribute, _what, _item in spoilt_items():
    BY_ATTRIBUTE.setdefault((_name, _attribute), []).append((_what, _item))


def items_with(name: str, item: dict[str, Any]) -> list[dict[str, Any]]:
    return [item if each == name else to_item(FULL[each]) for each in FULL if each != "request"]


@pytest.mark.parametrize(("name", "attribute"), BY_ATTRIBUTE)
def test_whatever_an_attribute_holds_the_rest_is_shown(name: str, attribute: str):
    for what, item in BY_ATTRIBUTE[name, attribute]:
        records = RunRecords(items_with(name, item))

        shown = json.loads(run_view(records, PAYLOADS).model_dump_json())
        told = json.loads(timeline(records).model_dump_json())

        named = [each["item"] for each in told["unreadable"]]
        place = item["sk"]["S"]
        assert named in ([], [place]), what
        parts = {"call": shown["calls"], "turn": shown["turns"]}
        assert all(parts[each] for each in parts if name not in ("run", each)), what
        assert SECRET not in json.dumps([shown["unreadable"], told["unreadable"]]), what


@pytest.mark.parametrize(("name", "attribute"), BY_ATTRIBUTE)
def test_what_is_of_another_type_is_refused_by_name(name: str, attribute: str):
    for what, item in BY_ATTRIBUTE[name, attribute]:
        if item.get(attribute, {}).keys() & {"S", "N"}:
            continue
        with pytest.raises(UnreadableItemError) as refused:
            from_item(type(FULL[name]), item)

        assert refused.value.attributes == (attribute,), what
        assert str(refused.value) == (
            f"the item {item['sk']['S']} of {item['pk']['S']} cannot be read: {attribute}"
        )


@pytest.mark.parametrize("name", FULL)
def test_an_item_that_stands_elsewhere_is_no_record(name: str):
    item = to_item(FULL[name])

    for key in ("pk", "sk"):
        with pytest.raises(UnreadableItemError, match=f"cannot be read: {key}$"):
            from_item(type(FULL[name]), item | {key: {"S": "elsewhere"}})


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("ended_at", "2026-11-21T09:30:00"),
        ("ended_at", "0001-01-01T00:00:00+14:00"),
        ("tools", '["get_order", 1]'),
        ("metadata", '{"tenant": ["acme"]}'),
        ("usage", '{"total_tokens": NaN}'),
        ("retried_turns", '{"resp_0": 1}'),
        ("retried_turns", '{"resp_0": {"turn": 1}}'),
        ("retried_turns", '{"resp_0": {"turn": 1, "started_at": "x", "at": "x", "code": "x"}}'),
    ],
)
def test_what_a_run_holds_that_is_none_is_named(attribute: str, value: str):
    spoilt = to_item(FULL["run"]) | {attribute: {"S": value}}

    told = timeline(RunRecords(items_with("run", spoilt)))

    assert [(each.item, each.attributes) for each in told.unreadable] == [("run", [attribute])]


def test_a_run_in_a_list_says_what_can_be_read():
    run = listed(to_item(FULL["run"]) | {"tools": {"S": "{"}, "created_at": {"N": "1"}})

    assert isinstance(run, UnreadableRun)
    assert (run.status, run.kind) == ("completed", "response")
    view = listed_view(run).model_dump()
    assert view["unreadable"] == [{"item": "run", "attributes": ["tools", "created_at"]}]
    assert not {"tools", "created_at"} & view.keys()
    assert view["deadline"] == "2026-11-21T09:40:00.000Z"
