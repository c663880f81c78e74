"""What `import runrelay` brings, and when."""

import subprocess
import sys
import tomllib

import pytest

import runrelay
from tasks.checkout import ROOT
from tasks.wheel import IMPORT, needed

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HEAVY = (
    *("httpx2", "cattrs", "pydantic", "openai", "aws_lambda_powertools", "docstring_parser"),
    *("jinja2", "starlette", "uvicorn"),
)


def loaded_by(code: str) -> set[str]:
    words = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    return {name for name in HEAVY if name in done.stdout.split()}


def test_the_command_does_without_the_client():
    assert loaded_by("import runrelay.__main__") == set()


def test_the_client_needs_nothing_of_the_functions():
    assert loaded_by("from runrelay import Runrelay") == {"httpx2", "cattrs"}


@pytest.mark.parametrize("name", runrelay.__all__)
def test_a_name_that_is_handed_on_is_there(name):
    assert getattr(runrelay, name).__name__ == name
    assert name in dir(runrelay)


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="module 'runrelay' has no attribute 'Client'"):
        runrelay.Client  # noqa: B018


def test_the_package_needs_what_its_group_says():
    assert PROJECT["project"]["dependencies"] == PROJECT["dependency-groups"]["runrelay"]


def test_what_tools_need_besides_is_what_their_function_needs():
    extra = PROJECT["project"]["optional-dependencies"]["tools"]

    assert set(extra) <= set(PROJECT["dependency-groups"]["tools"])


def test_what_the_console_needs_besides_is_what_its_group_says():
    extra = PROJECT["project"]["optional-dependencies"]["console"]

    assert extra == PROJECT["dependency-groups"]["console"]


def test_parts_are_those_that_are_imported_and_no_others():
    parts = needed(ROOT)

    assert {"contracts.records", "functions.tools.tool", "functions.worker.core.decision"} <= parts.keys()
    assert not {name for name in parts if name.endswith(".app") or "catalog." in name or "providers" in name}


@pytest.mark.parametrize(
    ("line", "rewritten"),
    [
        ("from contracts import instant", "from runrelay._parts.contracts import instant"),
        (
            "    from functions.tools.tool import tool",
            "    from runrelay._parts.functions.tools.tool import tool",
        ),
        ("import contracts.items as items", "import runrelay._parts.contracts.items as items"),
        ("from contractsx import y", "from contractsx import y"),
        ("from runrelay.tools import tool", "from runrelay.tools import tool"),
    ],
)
def test_imports_of_parts_say_where_they_are(line, rewritten):
    assert IMPORT.sub(r"\1runrelay._parts.\2", line) == rewritten
