"""The tool catalog as the worker and the API know it: names and schemas, no tool code.

`catalog.json` beside this file is written by `make catalog` from the samples, `functions/tools/catalog/`;
`make check` fails when it is stale. For a team's own tools the build writes another in its place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from contracts.records import Effect, Executor, Repeats

type Approval = Literal["never", "always", "by_arguments"]
type WhenUnknown = Literal["tell_model", "ask_person"]

CATALOG_FILE = Path(__file__).with_name("catalog.json")


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What is known of a tool without its code.

    Attributes:
        parameters: The JSON schema of its arguments, strict.
        approval: Whether a person decides first; `by_arguments` is decided by the tool's own code.
        timeout: Seconds until a call of it is ended, or no longer waited for.
        executor: Who runs it: the tool function, or something outside that posts the output.
        when_unknown: What becomes of a `once` call, or one that `verify` cannot tell, when its outcome is
            unknown.
        repeats: What a call is that is asked again in a later turn, with the arguments of one that succeeded:
            a call of its own, or one that shares the outcome.
        lambda_function: The Lambda function that the tool function has run it, where it is one.
        module: Where its code is.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    approval: Approval
    timeout: int
    executor: Executor = "tools"
    when_unknown: WhenUnknown = "tell_model"
    repeats: Repeats = "run"
    lambda_function: str | None = None
    module: str = ""


@cache
def load_catalog() -> Mapping[str, CatalogEntry]:
    """Read the catalog: name to entry."""
    entries = [CatalogEntry(**entry) for entry in json.loads(CATALOG_FILE.read_text())]
    return {entry.name: entry for entry in entries}
