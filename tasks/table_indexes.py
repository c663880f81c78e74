"""The table's indexes, changed one at a time.

DynamoDB creates or deletes one global secondary index in an update of a table, and CloudFormation takes back
the whole update of a stack that asks for more. So all changes but the last are deployed before, each as the
template that the stack has, with this one change: nothing else moves, and who was interrupted goes on from
where it stands.
"""

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from runrelay.command_line import CommandError

TABLE: Final = "RunTable"
INDEXES: Final = "GlobalSecondaryIndexes"
PAUSE_SECONDS: Final = 5

type Verb = Literal["add", "delete"]
type Template = dict[str, Any]
type Index = Mapping[str, Any]
"""As CloudFormation has it: `IndexName`, `KeySchema`, `Projection`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one index.

    Attributes:
        indexes: All that the table has after it.
    """

    verb: Verb
    name: str
    indexes: Sequence[Index]

    def __str__(self) -> str:
        return f"the table {'gets' if self.verb == 'add' else 'loses'} {self.name}"


def changes(now: Sequence[Index], wanted: Sequence[Index]) -> list[Change]:
    """List what leads from some indexes to others.

    New ones come first; then what changed, which is deleted and made anew; what is not wanted goes last.
    """
    stands, goal = _by_name(now), _by_name(wanted)
    listed = []
    for verb, name in list(_order(stands, goal)):
        stands = {each: index for each, index in stands.items() if each != name}
        if verb == "add":
            stands[name] = goal[name]
        listed.append(Change(verb, name, tuple(stands.values())))
    return listed


def _order(stands: Mapping[str, Index], goal: Mapping[str, Index]) -> Iterator[tuple[Verb, str]]:
    for name in [each for each in goal if each not in stands]:
        yield "add", name
    for name in [each for each in goal if each in stands]:
        if _shape(stands[name]) != _shape(goal[name]):
            yield "delete", name
            yield "add", name
    for name in [each for each in stands if each not in goal]:
        yield "delete", name


def plan(now: Template, wanted: Template) -> list[Change]:
    """List what has to change of the table; nothing, where one of the templates has none."""
    if any(TABLE not in template["Resources"] for template in (now, wanted)):
        return []
    return changes(_table(now).get(INDEXES, []), _table(wanted).get(INDEXES, []))


def with_indexes(now: Template, wanted: Template, indexes: Sequence[Index]) -> Template:
    """Give a template other indexes, and define the attributes that they use.

    DynamoDB refuses a definition of any beside them.

    Args:
        now: The template that the stack has.
        wanted: One that defines what `now` does not.
    """
    defined = [*_table(now)["AttributeDefinitions"], *_table(wanted)["AttributeDefinitions"]]
    types = {each["AttributeName"]: each for each in defined}
    template = copy.deepcopy(now)
    table = _table(template)
    schemas = [table["KeySchema"], *(index["KeySchema"] for index in indexes)]
    used = dict.fromkeys(key["AttributeName"] for schema in schemas for key in schema)
    table["AttributeDefinitions"] = [types[name] for name in used]
    table[INDEXES] = list(indexes)
    if not indexes:
        del table[INDEXES]
    return template


def refuse_hand_made(planned: Sequence[Change], described: Mapping[str, Any]) -> None:
    """Refuse to add what the table has already.

    Args:
        described: The table, as DescribeTable has it.

    Raises:
        CommandError: Somebody made an index by hand that the stack is to make.
    """
    deleted = {change.name for change in planned if change.verb == "delete"}
    added = {change.name for change in planned if change.verb == "add"} - deleted
    if there := sorted(added & {each["IndexName"] for each in described.get(INDEXES, [])}):
        raise CommandError(
            f"The table {described['TableName']} has {' and '.join(there)} already, and not from its stack, "
            "which is to make it. Delete it with `aws dynamodb update-table`, then run this again."
        )


def wait_until_settled(describe: Callable[[], Mapping[str, Any]]) -> None:
    """Wait until DynamoDB has filled what was added; how long depends on how many items there are.

    Args:
        describe: Gives the table, as DescribeTable has it.
    """
    while any(status != "ACTIVE" for status in _statuses(describe())):
        time.sleep(PAUSE_SECONDS)


def _statuses(described: Mapping[str, Any]) -> Iterator[str]:
    yield described["TableStatus"]
    yield from (each.get("IndexStatus", "ACTIVE") for each in described.get(INDEXES, []))


def _table(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"][TABLE]["Properties"]
    return properties


def _by_name(indexes: Sequence[Index]) -> dict[str, Index]:
    return {index["IndexName"]: index for index in indexes}


def _shape(index: Index) -> tuple[Any, Any]:
    return index["KeySchema"], index["Projection"]
