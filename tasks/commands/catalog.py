"""Write what the worker and the API know of the tools: `layers/contracts/contracts/catalog.json`."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from contracts.catalog import CATALOG_FILE

from functions.tools.catalog import CatalogError, file_of, load_tools
from functions.tools.tool import Tool
from runrelay.command_line import CommandError
from runrelay.progress import console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it is stale")


def run(arguments: argparse.Namespace) -> int:
    try:
        tools = load_tools()
    except CatalogError as error:
        raise CommandError(f"The catalog cannot be made: {error}") from error
    text = json.dumps(_entries(tools.values()), indent=2) + "\n"
    is_fresh = CATALOG_FILE.exists() and CATALOG_FILE.read_text() == text
    if arguments.check and not is_fresh:
        raise CommandError(f"{CATALOG_FILE} is stale: make catalog")
    if is_fresh:
        console.print(f"{CATALOG_FILE.name} is up to date.")
    else:
        CATALOG_FILE.write_text(text)
        console.print(f"{CATALOG_FILE.name} is written anew: {', '.join(sorted(tools))}.")
    return 0


def _entries(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Write the entries of all tools, or say of each one what is wrong with it."""
    entries, mistakes = [], []
    for tool in tools:
        try:
            entries.append(_entry(tool))
        except TypeError as error:
            mistakes.append(f"{file_of(tool.function.__module__)}: {error}")
    if mistakes:
        raise CommandError("The catalog cannot be made: " + "\n".join(mistakes))
    return entries


def _entry(tool: Tool) -> dict[str, Any]:
    entry = tool.entry
    if not entry.description.strip():
        raise TypeError(
            f"the tool {tool.name} has no docstring, by which the model knows what it does: write one"
        )
    return asdict(entry)
