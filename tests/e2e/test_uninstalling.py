"""A stack that is deleted leaves what docs/operating.md says, and can be deployed over it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from account import TABLE, Account, an_account

from tasks import ministack
from tasks.checkout import ROOT
from tests.harness.template import Template

ENVIRONMENT, STACK = "dev", "runrelay-dev"
NO_OPENAI = {"RegisterWebhook": "false"}
ITEM = {"pk": {"S": "run_1"}, "sk": {"S": "run"}}
KEY_SECRET = f"{STACK}/openai-api-key"

LISTS: dict[str, tuple[str, str, str, str]] = {
    "table": ("dynamodb", "list_tables", "TableNames", ""),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "secret": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "layer": ("lambda", "list_layers", "Layers", "LayerName"),
    "queue": ("sqs", "list_queues", "QueueUrls", ""),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "api": ("apigatewayv2", "get_apis", "Items", "Name"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
}


def resources(account: Account) -> set[tuple[str, str]]:
    """Give all that there is, by what it is and its name."""
    return {
        (what, each[name] if name else each)
        for what, (service, operation, key, name) in LISTS.items()
        for each in getattr(account.client(service), operation)().get(key, [])
    }


@pytest.fixture
def account(tmp_path) -> Iterator[Account]:
    with an_account(tmp_path, STACK) as account:
        yield account


def blocks() -> list[str]:
    """Give the blocks of commands that docs/operating.md has for it."""
    _, _, section = (ROOT / "docs/operating.md").read_text().partition("\n## Uninstalling\n")
    return re.findall(r"```sh\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)


def delete_stack(account: Account) -> None:
    """Delete the stack with the command that the docs have first."""
    command = blocks()[0].partition("#")[0].split()
    environment = ministack.shell_environment(account.url)
    deleted = subprocess.run(
        [*command, "--no-prompts"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr


def take_over(account: Account, resources: dict[str, tuple[str, str, str]]) -> None:
    """Make a stack of what stayed, as the docs have it; the `aws` command line is not in this checkout.

    Args:
        resources: By logical id: the type, what identifies it, and the name that it has.
    """
    (program,) = re.findall(r"<<'EOF' > kept.json\n(.*?)EOF\n", blocks()[1], re.DOTALL)
    made = subprocess.run(
        [sys.executable, "-"], input=program, cwd=ROOT, capture_output=True, text=True, check=True
    )
    cloudformation = account.client("cloudformation")
    names = {"StackName": STACK, "ChangeSetName": "kept"}
    cloudformation.create_change_set(
        **names,
        ChangeSetType="IMPORT",
        TemplateBody=made.stdout,
        ResourcesToImport=[
            {"ResourceType": kind, "LogicalResourceId": logical_id, "ResourceIdentifier": {identifier: name}}
            for logical_id, (kind, identifier, name) in resources.items()
        ],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 1})
    cloudformation.execute_change_set(**names)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def test_a_deleted_stack_leaves_its_table_bucket_and_key_alone_and_can_be_deployed_over_them(
    account: Account,
):
    before = resources(account)
    account.deploy(ENVIRONMENT, NO_OPENAI, OPENAI_API_KEY="sk-test")
    made = {what for what, _ in resources(account) - before}
    table, bucket = account.physical_name(TABLE), account.physical_name("PayloadBucket")
    account.client("dynamodb").put_item(TableName=table, Item=ITEM)
    account.client("s3").put_object(Bucket=bucket, Key="run_1/request", Body=b"long")
    delete_stack(account)

    left = {each for each in resources(account) - before if not each[1].startswith("aws-sam-cli-managed")}
    assert made == set(LISTS)
    assert left == {("table", table), ("bucket", bucket), ("secret", KEY_SECRET)}

    take_over(
        account,
        {
            TABLE: ("AWS::DynamoDB::Table", "TableName", table),
            "PayloadBucket": ("AWS::S3::Bucket", "BucketName", bucket),
        },
    )
    account.deploy(ENVIRONMENT, NO_OPENAI | {"OpenAIApiKeySecretName": KEY_SECRET})

    assert (account.physical_name(TABLE), account.physical_name("PayloadBucket")) == (table, bucket)
    assert account.client("dynamodb").scan(TableName=table)["Items"] == [ITEM]
    assert account.client("s3").get_object(Bucket=bucket, Key="run_1/request")["Body"].read() == b"long"
    assert {what for what, _ in resources(account) - before} == set(LISTS)


def test_the_docs_take_over_all_that_the_template_keeps():
    resources: dict[str, Any] = Template({}).content["Resources"]
    kept = {
        logical_id
        for logical_id, resource in resources.items()
        if "Retain" in (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
    }

    named = set(re.findall(r'"LogicalResourceId.": ."(\w+)', blocks()[1]))

    assert named == kept
