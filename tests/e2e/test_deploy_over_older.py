"""`make deploy` over a stack of an older version, whose table lacks several indexes."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from account import TABLE, Account, an_account, architecture, make_deploy
from botocore.exceptions import WaiterError

from tasks import artifact, ministack, package, table_indexes
from tasks.checkout import SAM
from tasks.program import run

FIRST = ("ProviderIndex", "ListIndex")
"""What the oldest table had; that of 0.1.0 had SweepIndex, too."""

ITEM = {
    "standing": "response#completed",
    "subject_standing": "response#completed#someone",
    "sweep": "1",
    "run_id": "run_1",
    "due_at": "2026-11-27T00:00:00Z",
}
KEPT = {"RegisterWebhook": "false", "LogRetentionDays": "3"}
STEPPED = ("GlobalSecondaryIndexes", "AttributeDefinitions")


def index_names(template: dict[str, Any]) -> set[str]:
    indexes = template["Resources"][TABLE]["Properties"]["GlobalSecondaryIndexes"]
    return {each["IndexName"] for each in indexes}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Deploy a stack whose table is an old one, and write an item."""
    directory = tmp_path_factory.mktemp("account")
    with an_account(directory, "runrelay-prod") as account:
        deploy_old(account, directory)
        keys = {"pk": "run_1", "sk": "run"}
        account.client("dynamodb").put_item(
            TableName=account.physical_name(TABLE),
            Item={name: {"S": each} for name, each in (keys | ITEM).items()},
        )
        yield account


def deploy_old(account: Account, directory: Path) -> None:
    with artifact.built(artifact.host_architecture()) as built:
        now = json.loads(package.packed(built).read_text())
        indexes = now["Resources"][TABLE]["Properties"]["GlobalSecondaryIndexes"]
        kept = [each for each in indexes if each["IndexName"] in FIRST]
        del now["Resources"]["Dashboard"]  # it has nothing to do with the table
        old = directory / "old.json"
        old.write_text(json.dumps(table_indexes.with_indexes(now, now, kept)))
        run(
            [
                *(SAM, "deploy", "--template-file", old, "--stack-name", account.stack_name, "--resolve-s3"),
                *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"),
                "--parameter-overrides",
                *(f"{name}={value}" for name, value in (KEPT | architecture()).items()),
            ],
            log=directory / "logs/sam-deploy.log",
            environment=ministack.shell_environment(account.url),
        )


@pytest.fixture(scope="module")
def said(account: Account) -> str:
    """Deploy this version over it, and give what was printed."""
    return account.deploy("prod", {})


def test_each_update_of_the_stack_adds_one_index(account: Account, said: str):
    names = [index_names(template) for template in account.uploaded()]

    assert names[0] == set(FIRST)
    assert names[-1] == {*FIRST, "SweepIndex", "StandingIndex", "SubjectStandingIndex"}
    assert [len(after - before) for before, after in pairwise(names)] == [1, 1, 1]
    assert [before - after for before, after in pairwise(names)] == [set(), set(), set()]
    assert [account.count(each, "UPDATE_COMPLETE") for each in (TABLE, account.stack_name)] == [3, 3]


def test_a_step_changes_nothing_but_the_tables_indexes(account: Account, said: str):
    old, *steps, last = account.uploaded()

    for step in steps:
        step["Resources"][TABLE]["Properties"] |= {
            name: old["Resources"][TABLE]["Properties"][name] for name in STEPPED
        }
        assert step == old
    assert last != old


def test_the_steps_keep_every_parameter_and_only_the_last_takes_the_environments(account: Account, said: str):
    (stack,) = account.client("cloudformation").describe_stacks(StackName=account.stack_name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    told = [line for line in said.splitlines() if "Parameter overrides" in line]

    assert ["LogRetentionDays" in line for line in told] == [False, False, True]
    assert {name: parameters[name] for name in KEPT} == KEPT | {"LogRetentionDays": "90"}


def test_each_step_is_shown_before_it_is_done(said: str):
    assert [line for line in said.splitlines() if line.startswith("Before the rest")] == [
        "Before the rest, 1 of 2: the table gets StandingIndex",
        "Before the rest, 2 of 2: the table gets SubjectStandingIndex",
    ]


@pytest.mark.parametrize(
    ("index", "key"),
    [("StandingIndex", "standing"), ("SubjectStandingIndex", "subject_standing"), ("SweepIndex", "sweep")],
)
def test_what_was_written_before_is_found_by_the_new_index(account: Account, said: str, index: str, key: str):
    found = account.client("dynamodb").query(
        TableName=account.physical_name(TABLE),
        IndexName=index,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": ITEM[key]}},
    )["Items"]

    assert [item["pk"]["S"] for item in found] == ["run_1"]


def test_a_stack_that_cannot_be_updated_is_refused_before_anything_is_built(account: Account):
    cloudformation = account.client("cloudformation")
    broken = {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": "none", "AuthType": "NONE"}}
    cloudformation.create_stack(
        StackName="runrelay-dev", TemplateBody=json.dumps({"Resources": {"Broken": broken}})
    )
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="runrelay-dev", WaiterConfig={"Delay": 1}
        )

    refused = make_deploy(ministack.shell_environment(account.url))

    assert refused.returncode != 0
    assert "The stack runrelay-dev cannot be updated, it is in ROLLBACK_COMPLETE" in refused.stdout
    assert "Build" not in refused.stdout
