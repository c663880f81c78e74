"""The tool catalog as the worker and the API know it: names and schemas, no tool code.

`catalog.json` beside this file is written by `make catalog` from the functions in `functions/tools/catalog/`;
`make check` and `make build` fail when it is stale.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from runrelay.records import Effect

type Approval = Literal["never", "always"]

CATALOG_FILE = Path(__file__).with_name("catalog.json")


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What is known of a tool without its code.

    Attributes:
        parameters: The JSON schema of its arguments, strict.
        timeout: Seconds until a call of it is ended.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    approval: Approval
    timeout: int


@cache
def load_catalog() -> Mapping[str, CatalogEntry]:
    """Read the catalog: name to entry."""
    entries = [CatalogEntry(**entry) for entry in json.loads(CATALOG_FILE.read_text())]
    return {entry.name: entry for entry in entries}
