"""What the code of every function does or never does, read from the code; tools are their users' own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for folder in ("functions", "layers/runrelay/runrelay")
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
