"""Log lines of a stack that hold an id, of all its functions, in the order they were written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log.

    Attributes:
        group: The name of its log group.
        facts: What it says, if it is one of ours, which are JSON.
    """

    at: datetime
    group: str
    text: str
    facts: dict[str, Any] | None


def log_groups(cloudformation: Any, stack_name: str) -> list[str]:  # noqa: ANN401 - a boto3 client
    """Name the log groups of a stack."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Logs::LogGroup"]


def lines(logs: Any, groups: list[str], words: str, *, since: datetime) -> list[Line]:  # noqa: ANN401 - as above
    """Find the lines that hold some words, in every group."""
    return sorted(
        (line for group in groups for line in _lines_of(logs, group, words, since)), key=lambda line: line.at
    )


def _lines_of(logs: Any, group: str, words: str, since: datetime) -> Iterator[Line]:  # noqa: ANN401 - as above
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern=f'"{words}"', startTime=int(since.timestamp() * 1000)
    )
    try:
        for page in pages:
            yield from (_line(group, event) for event in page["events"])
    except logs.exceptions.ResourceNotFoundException:
        return  # nothing was ever written there


def _line(group: str, event: dict[str, Any]) -> Line:
    text = event["message"].rstrip()
    return Line(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), group, text, _facts(text))


def _facts(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "message" in document else None
