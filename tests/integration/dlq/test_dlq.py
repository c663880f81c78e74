"""Dead letters are listed whole, redriven once, and never lost on the way."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from contracts import instant
from contracts.items import to_item
from contracts.messages import EARLIER, CallMessage, Message, RunMessage, WebhookMessage, to_body

from functions.worker.deliveries import DeliveryLedger
from runrelay.__main__ import main
from runrelay.command_line import CommandError
from runrelay.dlq.holding import Holding
from runrelay.dlq.target import OUTPUTS, Target
from runrelay.dlq.tour import Tour, listing, redriving, tour
from runrelay.reach import Reach
from runrelay.stack import Stack
from tests.harness.template import FILE, physical_name, queue_url
from tests.integration import local_aws
from tests.integration.local_aws import lost, queued
from tests.unit.layer.records import RUN_ID, a_call, a_run

QUICKLY = partial(Holding, long_poll_seconds=0)
CHECK = RunMessage(RUN_ID, "check")
CALL = CallMessage(RUN_ID, 1, "call_1")
SECRET = "swordfish"
WEBHOOK = WebhookMessage("wh_1", {"type": "response.completed", "data": {"id": "resp_1", "note": SECRET}})


@pytest.fixture
def die(aws: SimpleNamespace) -> Callable[..., str]:
    """Put a message, or anything else, on a dead-letter queue."""

    def die(message: Message | str, queue: str = "Run") -> str:
        body = message if isinstance(message, str) else to_body(message)
        answer = aws.sqs.send_message(QueueUrl=queue_url(f"{queue}DeadLetterQueue"), MessageBody=body)
        return answer["MessageId"]

    return die


@pytest.fixture
def record(aws: SimpleNamespace) -> Callable[..., None]:
    """Write records down."""

    def record(*records: Any) -> None:
        for each in records:
            aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(each))

    return record


@contextmanager
def broken(client: Any, operation: str, fault: Any) -> Iterator[None]:
    """Put a fault in the place of an operation's answers; moto has not seen the request only if it raises."""

    def send(request: AWSPreparedRequest, event_name: str, **_: Any) -> Any:
        return fault(request) if event_name.endswith(f".{operation}") else None

    client.meta.events.register_first("before-send", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", send)


def denied(request: AWSPreparedRequest) -> Any:
    """Refuse a request."""
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, request.url)


def a_list(target: Target, **options: Any) -> Tour:
    return tour(target, listing(), queues=target.queues, **{"hold": QUICKLY, **options})


def a_redrive(
    target: Target,
    *,
    is_dry: bool = False,
    with_unreadable: bool = False,
    with_ended: bool = False,
    **options: Any,
) -> Tour:
    treatment = redriving(target, is_dry=is_dry, with_unreadable=with_unreadable, with_ended=with_ended)
    return tour(target, treatment, queues=target.queues, **{"hold": QUICKLY, **options})


def dead(aws: SimpleNamespace, queue: str = "Run") -> list[str]:
    return queued(aws, f"{queue}DeadLetterQueue")


def test_a_list_shows_every_letter_and_no_body(
    target: Target, die: Callable[..., str], capsys: pytest.CaptureFixture[str]
):
    ids = [die(RunMessage(f"run_{number}", "check")) for number in range(25)]
    ids += [die(WEBHOOK), die(SECRET), die(CALL, "Tool")]

    result = a_list(target)

    said = capsys.readouterr().out
    assert result == Tour(Counter(listed=28))
    assert result.is_good
    assert Counter(re.findall(r"^  ([0-9a-f-]{36})  ", said, re.MULTILINE)) == Counter(ids)
    assert "Z  webhook response.completed resp_1\n" in said
    assert f"{ids[-2]}  run  sent 20" in said
    assert "not a message of Runrelay" in said
    assert f"call call_1 of run {RUN_ID}, turn 1" in said
    assert SECRET not in said


def test_listed_letters_are_visible_again(target: Target, die: Callable[..., str], aws: SimpleNamespace):
    for number in range(25):
        die(RunMessage(f"run_{number}", "check"))

    a_list(target)

    assert len(dead(aws)) == 25


def test_letters_are_let_go_of_though_the_command_was_interrupted(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    die(CHECK)

    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tour(target, interrupt, queues=target.queues, hold=QUICKLY)

    assert dead(aws) == [to_body(CHECK)]


def test_letters_that_stay_invisible_are_counted(
    target: Target, die: Callable[..., str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    die(CHECK)

    with broken(aws.sqs, "ChangeMessageVisibilityBatch", lost(400, b"{}")):
        a_list(target)

    assert "1 message could not be made visible: they will be in 15 minutes." in capsys.readouterr().out


def test_a_list_that_runs_out_of_time_says_so(target: Target, die: Callable[..., str]):
    die(CHECK)

    result = a_list(target, hold=partial(QUICKLY, patience_seconds=0))

    assert result == Tour(is_whole=False)
    assert not result.is_good


def test_a_redrive_moves_each_letter_to_the_queue_it_came_from(
    target: Target, die: Callable[..., str], record: Callable[..., None], aws: SimpleNamespace
):
    record(a_run(status="requires_action"), a_call())
    die(CHECK)
    die(WEBHOOK)
    die(CALL, "Tool")

    result = a_redrive(target)

    assert result == Tour(Counter(redriven=3))
    assert result.is_good
    assert sorted(queued(aws, "RunQueue")) == sorted([to_body(CHECK), to_body(WEBHOOK)])
    assert queued(aws, "ToolQueue") == [to_body(CALL)]
    assert dead(aws) == dead(aws, "Tool") == []


def test_a_letter_whose_earlier_receives_were_counted_is_tried_as_often_as_any(
    target: Target, record: Callable[..., None], aws: SimpleNamespace
):
    record(a_run())
    attributes: Any = {
        EARLIER: {"DataType": "String", "StringValue": "4"},
        "another": {"DataType": "String", "StringValue": "kept"},
    }
    letters = queue_url("RunDeadLetterQueue")
    aws.sqs.send_message(QueueUrl=letters, MessageBody=to_body(CHECK), MessageAttributes=attributes)

    a_redrive(target)

    received = aws.sqs.receive_message(QueueUrl=queue_url("RunQueue"), MessageAttributeNames=["All"])
    assert [message["MessageAttributes"].keys() for message in received["Messages"]] == [{"another"}]


@pytest.mark.parametrize(
    "fault",
    [
        lost(200, b"<html>Welcome to the hotel.</html>"),
        lost(200, b"{}"),
        lost(400, b"{}"),
        denied,
    ],
)
def test_a_letter_is_deleted_only_after_its_queue_has_it(
    target: Target, die: Callable[..., str], aws: SimpleNamespace, fault: Any
):
    die(CHECK)

    with broken(aws.sqs, "SendMessage", fault):
        result = a_redrive(target)

    assert result == Tour(Counter(failed=1))
    assert not result.is_good
    assert dead(aws) == [to_body(CHECK)]


def test_a_letter_that_could_not_be_deleted_is_said_to_be_in_both(
    target: Target, die: Callable[..., str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    die(CHECK)

    with broken(aws.sqs, "DeleteMessage", denied):
        result = a_redrive(target)

    assert result == Tour(Counter(failed=1))
    assert "redriven, and still a dead letter: " in capsys.readouterr().out
    assert queued(aws) == dead(aws) == [to_body(CHECK)]


def test_a_letter_that_fails_does_not_keep_the_others(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    first, second = RunMessage("run_1", "check"), RunMessage("run_2", "check")
    die(first)
    die(second)

    def refuse(request: AWSPreparedRequest) -> Any:
        return denied(request) if b"run_1" in request.body else None

    with broken(aws.sqs, "SendMessage", refuse):
        result = a_redrive(target)

    assert result == Tour(Counter(failed=1, redriven=1))
    assert queued(aws) == [to_body(second)]
    assert dead(aws) == [to_body(first)]


def test_a_letter_that_comes_back_meanwhile_is_not_redriven_again(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    """The source queue is the dead-letter queue itself: what is sent comes back at once."""
    die(CHECK)
    (queue, _) = target.queues
    boomerang = type(queue)("run", queue.url, queue.url)

    result = tour(
        target,
        redriving(target, is_dry=False, with_unreadable=False, with_ended=False),
        queues=(boomerang,),
        hold=partial(QUICKLY, patience_seconds=5),
    )

    assert result == Tour(Counter(redriven=1))
    assert dead(aws) == [to_body(CHECK)]


def test_a_message_that_nobody_can_read_stays_unless_it_is_wanted(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    die(SECRET)

    result = a_redrive(target)
    assert result == Tour(Counter({"held back": 1}))
    assert not result.is_good
    assert queued(aws) == []

    assert a_redrive(target, with_unreadable=True) == Tour(Counter(redriven=1))
    assert queued(aws) == [SECRET]


def test_a_tool_whose_run_is_over_does_not_run_unless_it_is_wanted(
    target: Target, die: Callable[..., str], record: Callable[..., None], aws: SimpleNamespace
):
    record(a_run(status="cancelled"), a_call(effect="once"))
    die(CALL, "Tool")

    assert a_redrive(target) == Tour(Counter({"held back": 1}))
    assert queued(aws, "ToolQueue") == []

    assert a_redrive(target, with_ended=True) == Tour(Counter(redriven=1))
    assert queued(aws, "ToolQueue") == [to_body(CALL)]


def test_only_the_letter_that_is_meant_is_redriven(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    other, meant = RunMessage("run_1", "check"), RunMessage("run_2", "check")
    die(other)
    message_id = die(meant)

    result = a_redrive(target, message_ids=frozenset({message_id, "lost"}))

    assert result == Tour(Counter(redriven=1), unfound=frozenset({"lost"}))
    assert not result.is_good
    assert queued(aws) == [to_body(meant)]
    assert dead(aws) == [to_body(other)]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    target: Target,
    die: Callable[..., str],
    record: Callable[..., None],
    aws: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
):
    record(a_run(deadline_at=instant.now().replace(year=9999)), a_call(name="send_email", effect="once"))
    handled = WebhookMessage("wh_0", WEBHOOK.event)
    ledger = DeliveryLedger(aws.dynamodb, physical_name("RunTable"))
    with ledger.claim("wh_0", owner="w", receive_count=1):
        pass
    letters = [CHECK, WEBHOOK, handled, RunMessage("run_0", "check"), SECRET]
    for letter in letters:
        die(letter)
    die(CALL, "Tool")
    before = aws.dynamodb.scan(TableName=physical_name("RunTable"))["Items"]
    requests: list[str] = []
    aws.dynamodb.meta.events.register(
        "before-call.dynamodb", track := lambda model, **_: requests.append(model.name)
    )

    result = a_redrive(target, is_dry=True)

    aws.dynamodb.meta.events.unregister("before-call.dynamodb", track)
    look = f"would look at run {RUN_ID} (in_progress, turn 1)"
    planned = re.findall(r"^      (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert Counter(planned) == Counter(
        [
            *(look, look),
            "already handled: webhook delivered",
            "run not found: would be dropped",
            "not a message of Runrelay: would fail again",
            "held back: --unreadable redrives it",
            "would run tool send_email (once)",
        ]
    )
    assert result == Tour(Counter({"would be redriven": 5, "would be held back": 1}))
    assert result.is_good
    assert set(requests) == {"GetItem", "Query"}
    assert aws.dynamodb.scan(TableName=physical_name("RunTable"))["Items"] == before
    assert (queued(aws, "RunQueue"), queued(aws, "ToolQueue")) == ([], [])
    assert (len(dead(aws)), len(dead(aws, "Tool"))) == (5, 1)


def test_a_letter_whose_records_cannot_be_read_stays(
    target: Target, die: Callable[..., str], aws: SimpleNamespace
):
    die(CHECK)
    unreadable = {"pk": {"S": RUN_ID}, "sk": {"S": "run"}}
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=unreadable)

    assert a_redrive(target) == Tour(Counter(failed=1))
    assert dead(aws) == [to_body(CHECK)]


def test_the_list_says_how_to_find_why_each_letter_is_one(
    target: Target, die: Callable[..., str], capsys: pytest.CaptureFixture[str]
):
    die(CHECK)
    die(CALL, "Tool")
    die(RunMessage("; rm x", "check"))
    webhook, unreadable = die(WEBHOOK), die("not a message")

    tour(target, listing(" --stack shop"), queues=target.queues, hold=QUICKLY)

    said = re.findall(r"why: runrelay logs (.+) --stack shop$", capsys.readouterr().out, re.MULTILINE)
    assert sorted(said) == sorted([RUN_ID, RUN_ID, webhook, unreadable, "'; rm x'"])


def test_the_template_has_the_outputs_that_are_read():
    outputs = FILE.read_text().partition("\nOutputs:")[2]

    assert set(OUTPUTS) <= set(re.findall(r"^  (\w+):$", outputs, re.MULTILINE))


def test_a_stack_of_something_else_is_named():
    cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
    stack = {"StackName": "shop", "StackStatus": "CREATE_COMPLETE", "CreationTime": instant.now()}
    with Stubber(cloudformation) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "shop"})

        with pytest.raises(CommandError, match=r"The stack shop \(CREATE_COMPLETE\) has no output TableName"):
            Reach("shop", lambda _service: cloudformation).deployed(*OUTPUTS)


def test_without_a_stack_the_command_says_what_is_missing(tmp_path, capsys: pytest.CaptureFixture[str]):
    status = main(["dlq", "list", "--directory", str(tmp_path)])

    assert status == 1
    assert "No local stack is up" in capsys.readouterr().err


NUMBERS = json.dumps(dict.fromkeys([each.name for each in fields(Stack)], 5))


@pytest.mark.parametrize(
    "content", ["{}", "", '{"region": "us-east-1"}', NUMBERS, "[" * 200_000], ids=lambda text: text[:9]
)
def test_a_stack_of_another_version_is_said_to_be_so(
    content: str, tmp_path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "stack.json").write_text(content)

    status = main(["dlq", "list", "--directory", str(tmp_path)])

    assert status == 1
    assert "is of another version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "There is no AWS region here."),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "There are no AWS credentials"),
    ],
)
def test_without_credentials_the_command_says_what_is_missing(
    environment: dict[str, str],
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    for name in (*local_aws.CREDENTIALS, "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    nowhere = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    for name, value in {**nowhere, "AWS_EC2_METADATA_DISABLED": "true", **environment}.items():
        monkeypatch.setenv(name, value)

    status = main(["dlq", "redrive", "--stack-name", "runrelay"])

    assert status == 1
    assert missing in capsys.readouterr().err
