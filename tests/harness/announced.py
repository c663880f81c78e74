"""What was announced on EventBridge, held against its schemas in docs/events."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "docs/events"


@cache
def schemas() -> Mapping[str, Draft202012Validator]:
    """Read the schemas: detail type to what checks an event of it."""
    documents = [json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))]
    for document in documents:
        Draft202012Validator.check_schema(document)
    checker = Draft202012Validator.FORMAT_CHECKER
    return {each["title"]: Draft202012Validator(each, format_checker=checker) for each in documents}


def check(event: Mapping[str, Any]) -> None:
    """Hold an event as a rule's target gets it against the schema of its detail type.

    Raises:
        ValidationError: It breaks it.
    """
    schemas()[event["detail-type"]].validate(event)


def sent(exchanges: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Give the events that functions have sent, as EventBridge hands them on."""
    for exchange in exchanges:
        if exchange.request.operation == "PutEvents":
            for entry in exchange.request.body["Entries"]:
                yield {
                    "source": entry["Source"],
                    "detail-type": entry["DetailType"],
                    "resources": entry.get("Resources", []),
                    "detail": json.loads(entry["Detail"]),
                }
