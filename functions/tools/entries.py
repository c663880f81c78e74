"""What others may know of a package of tools, or all that is wrong with it. Only `make` asks."""

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from functions.tools.loading import file_of, load_tools, module_of
from functions.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Report:
    """The entries of a catalog, each as JSON has it.

    Attributes:
        mistakes: One line each, with the name of a file; with any, the entries are not all there are.
    """

    entries: list[dict[str, Any]]
    mistakes: list[str]


def report(package: str, function_seconds: int) -> Report:
    """Import a package of tools and say what they are.

    Args:
        package: Its name.
        function_seconds: The timeout of the function that is to run them.
    """
    loaded = load_tools(package)
    mistakes = [each.words for each in loaded.broken]
    mistakes += [f"{file_of(name)}: {words}" for name in loaded.modules for words in _hidden(name)]
    entries = []
    for tool in loaded.tools.values():
        try:
            entries.append(_entry(tool, function_seconds))
        except TypeError as error:
            mistakes.append(f"{file_of(module_of(tool))}: {error}")
    return Report(entries, mistakes)


def _entry(tool: Tool, function_seconds: int) -> dict[str, Any]:
    entry = tool.entry_for(function_seconds)
    if not entry.description.strip():
        raise TypeError(
            f"the tool {tool.name} has no docstring, by which the model knows what it does: write one"
        )
    return asdict(entry)


def _hidden(module_name: str) -> Iterator[str]:
    """Find tools that nobody sees, for a function of the same name stands further down in their file."""
    file = sys.modules[module_name].__file__
    tree = ast.parse(Path(file).read_bytes() if file else b"")
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    counts = Counter(each.name for each in functions)
    for name in sorted({each.name for each in functions if counts[each.name] > 1 and _is_tool(each)}):
        yield f"two functions are named {name}, and the second hides the first: rename one"


def _is_tool(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a function is decorated with `@tool(...)`, or as one that verifies a tool."""
    for decorator in function.decorator_list:
        match decorator:
            case (
                ast.Call(func=ast.Name(id="tool") | ast.Attribute(attr="tool")) | ast.Attribute(attr="verify")
            ):
                return True
    return False


def main(package: str, function_seconds: str, output: str) -> None:
    """Write a report to a file, as JSON: what is imported may print."""
    Path(output).write_text(json.dumps(asdict(report(package, int(function_seconds)))))
