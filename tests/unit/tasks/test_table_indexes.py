"""DynamoDB takes one change of an index in each update of a table, whatever is asked."""

import re
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runrelay.command_line import CommandError
from tasks import table_indexes
from tests.harness import template

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]


def an_index(name: str, key: str | None = None) -> dict[str, Any]:
    key_schema = [{"AttributeName": key or name.lower(), "KeyType": "HASH"}]
    return {
        "IndexName": name,
        "KeySchema": key_schema,
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def a_template(*indexes: dict[str, Any]) -> dict[str, Any]:
    used = ["pk", *(key["AttributeName"] for index in indexes for key in index["KeySchema"])]
    properties: dict[str, Any] = {
        "KeySchema": KEYS,
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in dict.fromkeys(used)
        ],
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = list(indexes)
    return {"Resources": {"RunTable": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}


def verbs(changes: list[table_indexes.Change]) -> list[tuple[str, str]]:
    return [(change.verb, change.name) for change in changes]


some_indexes = st.lists(
    st.builds(an_index, st.sampled_from("ABCDE"), st.sampled_from(["a", "b"])),
    unique_by=lambda index: index["IndexName"],
    max_size=5,
)


def by_name(indexes: Any) -> dict[str, Any]:
    return {index["IndexName"]: index for index in indexes}


@given(some_indexes, some_indexes)
def test_each_update_creates_or_deletes_one_index_and_the_last_leaves_what_is_wanted(now, wanted):
    states = [by_name(now), *(by_name(change.indexes) for change in table_indexes.changes(now, wanted))]

    assert states[-1] == by_name(wanted)
    for before, after in pairwise(states):
        assert len(before.keys() ^ after.keys()) == 1
        assert all(before[name] == after[name] for name in before.keys() & after.keys())


@given(some_indexes, some_indexes)
def test_who_is_interrupted_goes_on_with_what_is_left(now, wanted):
    changes = table_indexes.changes(now, wanted)

    left = [len(table_indexes.changes(change.indexes, wanted)) for change in changes]

    assert left == list(reversed(range(len(changes))))


def test_new_indexes_come_first_and_what_is_not_wanted_goes_last():
    now, wanted = [an_index("Old"), an_index("Other", "a")], [an_index("Other", "b"), an_index("New")]

    assert verbs(table_indexes.changes(now, wanted)) == [
        ("add", "New"),
        ("delete", "Other"),
        ("add", "Other"),
        ("delete", "Old"),
    ]


def test_a_table_that_has_what_is_wanted_is_left_alone_whatever_the_order():
    assert table_indexes.changes([an_index("A"), an_index("B")], [an_index("B"), an_index("A")]) == []


def test_a_step_defines_the_attributes_that_its_indexes_use_and_no_other():
    now, wanted = a_template(an_index("A")), a_template(an_index("A"), an_index("B"), an_index("C"))
    (first, _) = table_indexes.plan(now, wanted)

    assert table_indexes.with_indexes(now, wanted, first.indexes) == a_template(an_index("A"), an_index("B"))
    assert table_indexes.with_indexes(now, wanted, []) == a_template()
    assert now == a_template(an_index("A"))


def test_a_step_changes_nothing_but_the_table():
    now, wanted = a_template(), a_template(an_index("A"))
    now["Resources"]["RunTable"]["DeletionPolicy"] = "Retain"
    now["Resources"]["RunQueue"] = {"Type": "AWS::SQS::Queue"}

    step = table_indexes.with_indexes(now, wanted, [an_index("A")])

    assert step["Resources"]["RunQueue"] == now["Resources"]["RunQueue"]
    assert step["Resources"]["RunTable"]["DeletionPolicy"] == "Retain"


def test_a_stack_without_the_table_needs_no_steps():
    assert table_indexes.plan({"Resources": {}}, a_template(an_index("A"), an_index("B"))) == []


def test_the_table_of_0_1_gets_what_it_lacks_one_by_one():
    wanted = yaml.load(template.FILE.read_text(), template._Loader)
    indexes = wanted["Resources"]["RunTable"]["Properties"]["GlobalSecondaryIndexes"]
    of_0_1 = [each for each in indexes if each["IndexName"] in {"ProviderIndex", "ListIndex", "SweepIndex"}]
    now = table_indexes.with_indexes(wanted, wanted, of_0_1)

    assert verbs(table_indexes.plan(now, wanted)) == [
        ("add", "StandingIndex"),
        ("add", "SubjectStandingIndex"),
    ]


def test_an_index_that_was_made_by_hand_is_refused_before_cloudformation_fails_over_it():
    plan = table_indexes.changes([], [an_index("A"), an_index("B")])
    there = {"TableName": "t", "GlobalSecondaryIndexes": [an_index("B"), an_index("Theirs")]}

    with pytest.raises(CommandError, match=re.escape("The table t has B already, and not from its stack")):
        table_indexes.refuse_hand_made(plan, there)


def test_an_index_that_is_made_anew_or_not_asked_for_is_not_taken_for_one_made_by_hand():
    plan = table_indexes.changes([an_index("A", "a")], [an_index("A", "b")])

    table_indexes.refuse_hand_made(
        plan, {"TableName": "t", "GlobalSecondaryIndexes": [an_index("A"), an_index("Theirs")]}
    )
    table_indexes.refuse_hand_made(plan, {"TableName": "t"})


def test_a_step_is_over_when_the_table_and_each_index_are_active(monkeypatch):
    monkeypatch.setattr(table_indexes, "PAUSE_SECONDS", 0)
    statuses = iter(
        [("UPDATING", "CREATING"), ("ACTIVE", "CREATING"), ("ACTIVE", "ACTIVE"), ("ACTIVE", "ACTIVE")]
    )

    def describe() -> dict[str, Any]:
        table, index = next(statuses)
        return {"TableStatus": table, "GlobalSecondaryIndexes": [{"IndexName": "A", "IndexStatus": index}]}

    table_indexes.wait_until_settled(describe)

    assert len(list(statuses)) == 1


def test_a_change_says_what_becomes_of_the_table():
    changes = table_indexes.changes([an_index("A")], [an_index("B")])

    assert [str(change) for change in changes] == ["the table gets B", "the table loses A"]
