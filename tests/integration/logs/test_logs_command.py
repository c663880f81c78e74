"""`runrelay logs` finds every line about an id, in every log group of its stack."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from runrelay.__main__ import main
from runrelay.logs import command
from runrelay.logs.search import lines, log_groups

RUN_ID = "run_01JD2Q4Z7V8X9YABCDEFGHJKMN"
SINCE = datetime(2026, 11, 21, tzinfo=UTC)


def an_event(seconds: int, text: str) -> dict[str, Any]:
    return {"timestamp": int((SINCE + timedelta(seconds=seconds)).timestamp() * 1000), "message": text}


FAILED = json.dumps(
    {
        "level": "ERROR",
        "location": "_is_done:114",
        "message": "record failed",
        "timestamp": "2026-11-21",
        "service": "worker",
        "run_id": RUN_ID,
        "error": "UnreadableItemError",
        "causes": [],
        "where": ["  File items.py, line 7, in _value\n"],
    }
)


def test_the_log_groups_of_a_stack_are_found_among_its_resources():
    cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
    resources = [
        {"LogicalResourceId": name, "PhysicalResourceId": f"/aws/{name}", "ResourceType": kind}
        | {"LastUpdatedTimestamp": SINCE, "ResourceStatus": "CREATE_COMPLETE"}
        for name, kind in (
            ("a", "AWS::Logs::LogGroup"),
            ("b", "AWS::SQS::Queue"),
            ("c", "AWS::Logs::LogGroup"),
        )
    ]
    with Stubber(cloudformation) as stubber:
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": "shop"}
        )

        assert log_groups(cloudformation, "shop") == ["/aws/a", "/aws/c"]


def test_lines_of_all_groups_come_in_the_order_of_time_and_a_group_without_any_is_none():
    logs = boto3.client("logs", region_name="eu-west-1")
    asked = {"filterPattern": f'"{RUN_ID}"', "startTime": int(SINCE.timestamp() * 1000)}
    with Stubber(logs) as stubber:
        for group, events in (
            ("/a", [an_event(1, "one"), an_event(3, FAILED)]),
            ("/b", [an_event(2, "two")]),
        ):
            stubber.add_response("filter_log_events", {"events": events}, {"logGroupName": group, **asked})
        stubber.add_client_error("filter_log_events", "ResourceNotFoundException")

        found = lines(logs, ["/a", "/b", "/c"], RUN_ID, since=SINCE)

    assert [(line.group, line.text[:3]) for line in found] == [("/a", "one"), ("/b", "two"), ("/a", '{"l')]
    assert [line.facts is not None for line in found] == [False, False, True]


def test_a_line_is_shown_with_its_facts_and_where_its_error_was_raised(monkeypatch, capsys):
    logs = boto3.client("logs", region_name="eu-west-1")
    with Stubber(logs) as stubber:
        stubber.add_response("filter_log_events", {"events": [an_event(1, FAILED)]})
        found = lines(logs, ["/a"], RUN_ID, since=SINCE)
    monkeypatch.setattr(command, "_found", lambda *_: found)

    status = main(["logs", RUN_ID])

    shown = capsys.readouterr().out.splitlines()
    assert status == 0
    assert shown == [
        f"2026-11-21T00:00:01.000Z  worker  ERROR  record failed  run_id={RUN_ID}  error=UnreadableItemError",
        "      File items.py, line 7, in _value",
    ]


def test_an_id_that_no_line_holds_is_said_to_be_so(monkeypatch, capsys):
    monkeypatch.setattr(command, "_found", lambda *_: [])

    assert main(["logs", RUN_ID]) == 1
    assert RUN_ID in capsys.readouterr().out


@pytest.mark.parametrize("words", ["a b", 'a"b', "", "é"])
def test_what_is_no_id_is_not_searched_for(words: str, capsys):
    assert main(["logs", words]) == 1
    assert "An id is visible ASCII" in capsys.readouterr().err


def test_without_a_stack_the_command_says_so(tmp_path: Path, capsys):
    assert main(["logs", RUN_ID, "--directory", str(tmp_path)]) == 1
    assert "No local stack is up" in capsys.readouterr().err
