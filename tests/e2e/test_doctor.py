"""`runrelay doctor`, on a stack of its own: each fault is put in by hand, named, and mended again."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runrelay.__main__ import main
from runrelay.stack import Stack
from tasks.checkout import VERSION
from tasks.local_stack import LocalStack
from tests.e2e.examined import Bench, Yesterday, crockford, served

FOREIGN = "whsec_Zm9yZWlnbi1mb3JlaWduLWZvcmVpZ24tZm9yZWlnbg=="
PATIENCE_SECONDS = 60

type Pointing = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    directory = tmp_path_factory.mktemp("doctor")
    with LocalStack(directory) as stack:
        yield stack, directory


@pytest.fixture
def bench(home: tuple[Stack, Path], capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    """A stack that is well before a test, and after it."""
    bench = Bench(home[0], capsys, home[1])
    assert bench.ills() == {}
    yield bench
    assert bench.ills() == {}


def test_of_a_stack_that_is_well_each_thing_is_told(bench: Bench):
    code, findings = bench.doctor()

    told = [each["name"] for each in findings]
    assert code == 0
    assert {
        *("stack", "versions", "table", "OpenAI key", "key accepted"),
        *("endpoint", "event types", "signing secret", "webhook URL"),
        *("run queue", "tool queue", "run dead letters", "tool dead letters", "oldest run"),
    } <= set(told)


def test_a_stack_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["doctor", "--directory", str(tmp_path)])

    told = capsys.readouterr().out
    assert code == 1
    assert "✗ stack" in told
    assert "make up" in told


@pytest.mark.parametrize(("key", "name"), [(" ", "OpenAI key"), ("sk-wrong", "key accepted")])
def test_a_key_that_is_missing_or_wrong_is_named(bench: Bench, key: str, name: str):
    with bench.secret("OpenAIApiKeySecretName", key):
        ills = bench.ills()

    assert ills.keys() == {name}
    assert "runrelay webhook register --directory" in ills[name]["mend"]


def test_an_endpoint_that_was_deleted_is_named(bench: Bench):
    bench.openai("DELETE", bench.endpoint_path())

    ills = bench.ills()
    bench.register()

    assert ills.keys() == {"endpoint"}
    assert ills["endpoint"]["mend"].startswith("runrelay webhook register")


def test_an_event_type_that_is_missing_is_named(bench: Bench):
    path = bench.endpoint_path()
    types = bench.openai("GET", path)["event_types"]
    bench.openai("POST", path, event_types=[each for each in types if each != "response.failed"])

    ills = bench.ills()
    bench.register()

    assert ills.keys() == {"event types"}
    assert "response.failed" in ills["event types"]["words"]


def test_a_signing_secret_that_is_not_the_endpoints_is_named(bench: Bench):
    with bench.secret("WebhookSecretName", FOREIGN):
        ills = bench.ills()

    assert ills.keys() == {"signing secret"}


def test_a_queue_that_nobody_reads_is_named_with_what_mends_it(bench: Bench):
    lambda_ = bench.client("lambda")
    arn = bench.client("sqs").get_queue_attributes(
        QueueUrl=bench.stack.run_queue_url, AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    (mapping,) = lambda_.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    try:
        ills = bench.ills()
    finally:
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    assert ills.keys() == {"run queue"}
    assert mapping["UUID"] in ills["run queue"]["mend"]


def test_a_function_that_was_throttled_by_hand_is_named_with_what_mends_it(bench: Bench):
    lambda_ = bench.client("lambda")
    (name,) = [
        each["FunctionName"]
        for each in lambda_.list_functions()["Functions"]
        if "-ToolFunction-" in each["FunctionName"]
    ]
    lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    try:
        ills = bench.ills()
    finally:
        lambda_.delete_function_concurrency(FunctionName=name)

    assert ills.keys() == {"tool queue"}
    assert ills["tool queue"]["mend"].endswith(f"delete-function-concurrency --function-name {name}")


@pytest.mark.parametrize("word", ["run", "tool"])
def test_a_dead_letter_is_named(bench: Bench, word: str):
    sqs = bench.client("sqs")
    url = getattr(bench.stack, f"{word}_dead_letter_queue_url")
    sqs.send_message(QueueUrl=url, MessageBody="{}")

    ills = bench.ills()
    (letter,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])

    assert ills.keys() == {f"{word} dead letters"}
    assert ills[f"{word} dead letters"]["mend"].startswith("runrelay dlq list")


def test_a_run_that_is_open_for_too_long_is_named(bench: Bench):
    run_id = f"run_{crockford(datetime.now(UTC) - timedelta(days=3))}{'0' * 16}"
    key = {"pk": {"S": run_id}, "sk": {"S": "old"}}
    listed = {"run_id": {"S": run_id}, "standing": {"S": "response#in_progress"}}
    dynamodb = bench.client("dynamodb")
    dynamodb.put_item(TableName=bench.stack.table_name, Item=key | listed)

    try:
        ills = bench.ills()
    finally:
        dynamodb.delete_item(TableName=bench.stack.table_name, Key=key)

    assert ills.keys() == {"oldest run"}
    assert f"{run_id} is open for 3 d: more than 1 d 1 h" in ills["oldest run"]["words"]


@pytest.fixture
def webhook_url_is(home: tuple[Stack, Path]) -> Pointing:
    @contextmanager
    def webhook_url_is(url: str) -> Iterator[None]:
        path = home[1] / "stack.json"
        before = path.read_text()
        path.write_text(json.dumps({**json.loads(before), "webhook_url": url}))
        try:
            yield
        finally:
            path.write_text(before)

    return webhook_url_is


def test_a_webhook_url_behind_which_is_no_function_is_named(bench: Bench, webhook_url_is: Pointing):
    with webhook_url_is(f"{bench.stack.simulator_url}/nobody"):
        ills = bench.ills()

    assert ills.keys() == {"webhook URL"}
    assert "HTTP 404" in ills["webhook URL"]["words"]


def test_a_package_of_another_version_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("runrelay.doctor.stack.version", lambda _: "0.1.0")

        ills = bench.ills()

    assert ills.keys() == {"versions"}
    assert f"the stack is {VERSION}, this package 0.1.0" in ills["versions"]["words"]


def test_a_clock_that_is_off_is_named(bench: Bench, webhook_url_is: Pointing):
    with served(Yesterday) as url, webhook_url_is(url):
        ills = bench.ills()

    assert ills.keys() == {"clock"}
    assert re.search(r"are 86[34]\d\d s apart; webhooks may be 300 s off", ills["clock"]["words"])


def test_a_webhook_url_that_nobody_answers_is_named(bench: Bench, webhook_url_is: Pointing):
    with served(Yesterday) as url:
        gone = url

    with webhook_url_is(gone):
        ills = bench.ills()

    assert ills.keys() == {"webhook URL"}
    assert "cannot be reached: ConnectError" in ills["webhook URL"]["words"]


def test_an_index_that_is_missing_is_named(bench: Bench):
    dynamodb, table = bench.client("dynamodb"), bench.stack.table_name
    described = dynamodb.describe_table(TableName=table)["Table"]
    index = next(each for each in described["GlobalSecondaryIndexes"] if each["IndexName"] == "ProviderIndex")
    change = {"TableName": table, "AttributeDefinitions": described["AttributeDefinitions"]}
    again = {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
    dynamodb.update_table(**change, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ProviderIndex"}}])

    try:
        ills = bench.ills()
    finally:
        dynamodb.update_table(**change, GlobalSecondaryIndexUpdates=[{"Create": again}])
        until_all_are_active(dynamodb, table)

    assert ills.keys() == {"table"}
    assert "ProviderIndex" in ills["table"]["words"]


def until_all_are_active(dynamodb: Any, table: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while any(
        each.get("IndexStatus", "ACTIVE") != "ACTIVE"
        for each in dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    ):
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
