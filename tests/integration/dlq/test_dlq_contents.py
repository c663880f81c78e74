"""Dead letters are shown with what is in them, and dropped only by who is sure."""

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contracts.items import to_item
from contracts.messages import RunMessage, to_body

from runrelay.__main__ import main
from runrelay.dlq import command, holding
from runrelay.dlq.target import Target
from tests.harness.template import physical_name, queue_url
from tests.integration.local_aws import queued
from tests.unit.layer.records import RUN_ID, a_run

CHECK = to_body(RunMessage(RUN_ID, "check"))


@pytest.fixture(autouse=True)
def _within_reach(target: Target, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "local_target", lambda _: target)
    monkeypatch.setattr(holding, "LONG_POLL_SECONDS", 0)


@pytest.fixture
def die(aws: SimpleNamespace) -> Callable[[str], str]:
    def die(body: str) -> str:
        return aws.sqs.send_message(QueueUrl=queue_url("RunDeadLetterQueue"), MessageBody=body)["MessageId"]

    return die


def dead(aws: SimpleNamespace) -> list[str]:
    return queued(aws, "RunDeadLetterQueue")


def run(*words: str) -> int:
    return main(["dlq", *words])


def test_a_list_for_programs_has_no_body(die: Callable[[str], str], capsys: pytest.CaptureFixture[str]):
    first, second = die(CHECK), die("swordfish")

    assert run("list", "--json") == 0

    said = capsys.readouterr().out
    letters = {each["message_id"]: each for each in json.loads(said)}
    assert letters[first] | {"sent_at": ""} == {
        "message_id": first,
        "queue": "run",
        "sent_at": "",
        "about": f"run {RUN_ID} check",
        "is_readable": True,
        "run_id": RUN_ID,
    }
    assert letters[second]["is_readable"] is False
    assert "swordfish" not in said


def test_a_letter_is_shown_with_its_body_and_its_run_and_stays(
    die: Callable[[str], str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=to_item(a_run(status="cancelled")))
    message_id = die(CHECK)

    assert run("show", message_id) == 0
    words = capsys.readouterr().out
    assert run("show", message_id, "--json") == 0
    letter = json.loads(capsys.readouterr().out)

    assert f"run {RUN_ID} is cancelled, in turn 1" in words
    assert f'"run_id": "{RUN_ID}"' in words
    assert (letter["body"], letter["run"]["status"]) == (CHECK, "cancelled")
    assert dead(aws) == [CHECK]


def test_a_letter_without_a_run_is_shown_without_control_characters(
    die: Callable[[str], str], capsys: pytest.CaptureFixture[str]
):
    assert run("show", die("not\tJSON")) == 0

    assert capsys.readouterr().out.endswith("no run of it was found\nnot?JSON\n")


def test_a_run_that_cannot_be_read_is_said_to_be_so(
    die: Callable[[str], str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    unreadable = {"pk": {"S": RUN_ID}, "sk": {"S": "run"}}
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=unreadable)

    assert run("show", die(CHECK)) == 0

    assert "its run cannot be read: " in capsys.readouterr().out


def test_a_letter_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]):
    assert run("show", "lost") == 1

    assert "No dead letter lost was found." in capsys.readouterr().err


def test_only_what_is_named_is_dropped_and_its_body_is_said(
    die: Callable[[str], str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    die(CHECK)
    message_id = die("swordfish")

    assert run("drop", message_id, "--yes") == 0

    assert '"swordfish"' in capsys.readouterr().out
    assert dead(aws) == [CHECK]


def test_all_are_dropped_where_all_is_said(die: Callable[[str], str], aws: SimpleNamespace):
    for number in range(12):
        die(f"letter {number}")

    assert run("drop", "--all", "--yes") == 0

    assert dead(aws) == []


def test_a_letter_that_was_not_there_to_drop_is_a_failure(
    die: Callable[[str], str], capsys: pytest.CaptureFixture[str]
):
    assert run("drop", "lost", die(CHECK), "--yes") == 1

    assert "No dead letter lost was found." in capsys.readouterr().out


@pytest.mark.parametrize("words", [["drop"], ["drop", "--yes"], ["drop", "id", "--all", "--yes"]])
def test_what_to_drop_has_to_be_said(words: list[str], die: Callable[[str], str], aws: SimpleNamespace):
    die(CHECK)

    assert run(*words) == 1
    assert dead(aws) == [CHECK]


def test_where_nobody_can_be_asked_nothing_is_dropped(
    die: Callable[[str], str],
    aws: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))

    assert run("drop", die(CHECK)) == 1

    assert "deletes 1 message for good: say --yes." in capsys.readouterr().err
    assert dead(aws) == [CHECK]


@pytest.mark.parametrize(("answer", "left"), [(True, []), (False, [CHECK])])
def test_at_a_terminal_it_asks(
    answer: bool,
    left: list[str],
    die: Callable[[str], str],
    aws: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer)
    die(CHECK)

    assert run("drop", "--all") == (0 if answer else 1)

    assert dead(aws) == left


def test_a_letter_that_cannot_be_deleted_is_said_to_be_there(
    die: Callable[[str], str], aws: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    def refuse(event_name: str, **_: Any) -> None:
        if event_name.endswith(".DeleteMessage"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "DeleteMessage")

    message_id = die(CHECK)
    aws.sqs.meta.events.register_first("before-send", refuse)
    try:
        assert run("drop", message_id, "--yes") == 1
    finally:
        aws.sqs.meta.events.unregister("before-send", refuse)

    assert "not dropped: " in capsys.readouterr().out
    assert dead(aws) == [CHECK]
