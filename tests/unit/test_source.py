"""What the code of every function does or never does, read from the code; tools are their users' own."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.error_facts import facts_of

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for folder in ("functions", "layers/contracts/contracts")
    for path in (ROOT / folder).rglob("*.py")
    if "catalog" not in path.parts
)


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Give every call of a method of these names, and where it stands."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in names
            ):
                yield f"{module.relative_to(ROOT)}:{node.lineno}", node


@pytest.mark.parametrize("call", [pytest.param(call, id=at) for at, call in calls("client", "create_client")])
def test_every_aws_client_says_how_long_it_waits(call):
    assert "config" in {keyword.arg for keyword in call.keywords}


RESERVED = {
    *vars(logging.makeLogRecord({})),
    *("message", "asctime"),
    *("level", "location", "timestamp", "service", "exception", "exception_name", "stack_trace"),
}
"""Names that `logging` refuses, and those that would hide one of Powertools' own."""


def facts(at: str, extra: ast.expr) -> set[str]:
    """Name the facts of a log line: the keys of each mapping in it, and of those its variables may be."""
    module = ast.parse((ROOT / at.rpartition(":")[0]).read_text())
    variables = {node.id for node in ast.walk(extra) if isinstance(node, ast.Name)}
    assigned = [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id in variables for target in node.targets)
    ]
    nodes = [node for each in (extra, *assigned) for node in ast.walk(each)]
    mappings = [node for node in nodes if isinstance(node, ast.Dict)]
    of_errors = set(facts_of(ValueError())) if any(is_facts_of(node) for node in nodes) else set()
    return of_errors | {key.value for each in mappings for key in each.keys if isinstance(key, ast.Constant)}


def is_facts_of(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "facts_of"


LOG_LINES = [
    pytest.param(at, keyword.value, id=at)
    for at, call in calls("debug", "info", "warning", "error", "exception", "critical")
    for keyword in call.keywords
    if keyword.arg == "extra"
]


@pytest.mark.parametrize(("at", "extra"), LOG_LINES)
def test_no_fact_of_a_log_line_has_a_name_that_logging_refuses(at, extra):
    named = facts(at, extra)

    assert named
    assert named & RESERVED == set()


@pytest.mark.parametrize(
    "call", [pytest.param(call, id=at) for at, call in calls("info", "warning", "error", "exception")]
)
def test_no_log_line_has_the_words_of_an_exception(call):
    """They may quote a body, an argument or a key; `facts_of` says what may be told of it."""
    assert call.func.attr != "exception"
    assert "exc_info" not in {keyword.arg for keyword in call.keywords}


@pytest.mark.parametrize(
    "module", sorted((ROOT / "functions/worker/core").glob("*.py")), ids=lambda path: path.name
)
def test_the_decision_reads_no_clock(module: Path):
    """import-linter holds that it imports none; `datetime` it may, for the moments that it is given."""
    names = {node.attr for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Attribute)}

    assert names.isdisjoint({"now", "utcnow", "today"})
