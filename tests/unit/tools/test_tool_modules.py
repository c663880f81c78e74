"""Modules of tools, each imported on its own: what breaks one takes no other with it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contracts.catalog import CatalogEntry

from functions.tools.entries import report
from functions.tools.loading import Loaded, load_tools

GOOD = 'from runrelay.tools import tool\n\n@tool()\ndef {name}() -> str:\n    """Answer."""\n'

type Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a file of a team's package, `acme_tools`."""
    (tmp_path / "acme_tools").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name: str, code: str) -> None:
        path = tmp_path / "acme_tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def loaded() -> Loaded:
    return load_tools("acme_tools")


def words() -> list[str]:
    return [each.words for each in loaded().broken]


def an_entry(name: str, module: str) -> CatalogEntry:
    return CatalogEntry(name, "", {}, "pure", "never", 10, module=module)


def test_a_module_that_breaks_takes_out_its_own_tools_and_no_others(write: Write):
    write("one.py", "raise RuntimeError('no price list')\n")
    write("two.py", GOOD.format(name="second"))
    catalog = {
        name: an_entry(name, f"acme_tools.{module}") for name, module in [("first", "one"), ("second", "two")]
    }

    found = loaded()

    assert list(found.tools) == ["second"]
    reason = "acme_tools/one.py cannot be imported: RuntimeError: no price list"
    assert found.out_of_order(catalog) == {"first": reason}


def test_a_package_that_breaks_takes_out_what_is_in_it(write: Write):
    write("shop/__init__.py", "raise RuntimeError('closed')\n")
    write("shop/orders.py", GOOD.format(name="inner"))
    write("shopping.py", GOOD.format(name="other"))
    catalog = {
        "inner": an_entry("inner", "acme_tools.shop.orders"),
        "gone": an_entry("gone", "acme_tools.shopping"),
    }

    found = loaded()

    assert list(found.tools) == ["other"]
    assert list(found.out_of_order(catalog)) == ["inner"]


def test_a_folder_whose_own_init_breaks_has_nothing(write: Write):
    write("__init__.py", "raise RuntimeError('closed')\n")
    write("one.py", GOOD.format(name="first"))

    found = loaded()

    assert (found.tools, list(found.out_of_order({"first": an_entry("first", "acme_tools.one")}))) == (
        {},
        ["first"],
    )


def test_a_tool_in_the_packages_own_file_is_one_too(write: Write):
    write("__init__.py", GOOD.format(name="first"))

    assert list(loaded().tools) == ["first"]


def test_a_missing_package_is_named_with_the_place_for_it(write: Write):
    write("one.py", "import absent\n")

    assert words() == [
        (
            "acme_tools/one.py cannot be imported: ModuleNotFoundError: No module named 'absent'; "
            "a package that it needs is named in acme_tools/requirements.txt"
        )
    ]


def test_a_missing_module_of_their_own_is_no_package(write: Write):
    write("one.py", "import acme_tools.nowhere\n")

    assert "requirements.txt" not in words()[0]


def test_a_missing_variable_is_named_with_the_place_for_it(write: Write):
    write("one.py", "import os\nos.environ['STORE_KEY_NAME']\n")

    assert words() == [
        (
            "acme_tools/one.py cannot be imported: KeyError: 'STORE_KEY_NAME'; "
            "a variable that it needs is given in acme_tools/environment.yaml"
        )
    ]


def test_another_missing_key_is_no_variable(write: Write):
    write("one.py", "{}['STORE_KEY_NAME']\n")

    assert words() == ["acme_tools/one.py cannot be imported: KeyError: 'STORE_KEY_NAME'"]


def test_every_module_that_breaks_is_named_at_once(write: Write):
    write("one.py", "raise ValueError\n")
    write("two.py", "def broken(:\n")

    assert [each.partition(" ")[0] for each in words()] == ["acme_tools/one.py", "acme_tools/two.py"]


HIDDEN = {
    "another tool": '@tool()\ndef ship() -> str:\n    """Ship, too."""\n',
    "a function": "def ship() -> str: ...\n",
    "its verify function": "@ship.verify\ndef ship(key: str, arguments: dict): ...\n",
}


@pytest.mark.parametrize("second", HIDDEN.values(), ids=HIDDEN)
def test_a_tool_that_a_function_of_its_name_hides_is_refused(write: Write, second: str):
    code = '@tool(effect="verify")\ndef ship() -> str:\n    """Ship."""\n' if "verify" in second else ""
    write(
        "one.py", (f"from runrelay.tools import tool\n{code}" if code else GOOD.format(name="ship")) + second
    )
    write("two.py", GOOD.format(name="other"))

    mistakes = report("acme_tools", 120).mistakes

    assert mistakes == [
        "acme_tools/one.py: two functions are named ship, and the second hides the first: rename one"
    ]


@pytest.mark.parametrize(
    ("seconds", "declared", "longest"),
    [(120, "timeout=111", 110), (300, "timeout=291", 290), (300, "effect='verify', timeout=146", 145)],
)
def test_a_tool_ends_ten_seconds_before_the_function_that_runs_it(
    write: Write, seconds: int, declared: str, longest: int
):
    write("one.py", GOOD.format(name="slow").replace("@tool()", f"@tool({declared})"))

    (mistake,) = report("acme_tools", seconds).mistakes

    assert mistake.startswith("acme_tools/one.py: the tool slow has a timeout of ")
    assert f"give whole seconds, 1 to {longest};" in mistake
    assert "needs a larger ToolTimeoutSeconds" in mistake


EXTRAS = {
    "a type": (
        "to: Annotated[int, Field(json_schema_extra={'type': 'string'})]",
        "json_schema_extra with type",
    ),
    "of a model": ("to: Box", "json_schema_extra with properties"),
    "a function": (
        "to: Annotated[int, Field(json_schema_extra=lambda schema: schema.update(title='x'))]",
        "json_schema_extra that is a function",
    ),
    "a path": ("to: Deep", "AliasPath"),
    "paths alone": ("to: Deeper", "AliasPath"),
}


@pytest.mark.parametrize(("parameter", "said"), EXTRAS.values(), ids=EXTRAS)
def test_a_schema_that_says_other_than_the_type_takes_is_refused(write: Write, parameter: str, said: str):
    write(
        "one.py",
        "from typing import Annotated\nfrom pydantic import AliasChoices, AliasPath, BaseModel, Field\n"
        "from runrelay.tools import tool\n"
        "class Box(BaseModel):\n    model_config = {'json_schema_extra': {'properties': {}}}\n    a: str\n"
        "class Deep(BaseModel):\n    a: str = Field(validation_alias=AliasPath('b', 0))\n"
        "class Deeper(BaseModel):\n    a: str = Field(validation_alias=AliasChoices(AliasPath('b', 'c')))\n"
        f'@tool()\ndef ship({parameter}) -> None:\n    """Ship."""\n',
    )

    (mistake,) = report("acme_tools", 120).mistakes

    assert mistake.startswith("acme_tools/one.py: to, a parameter of the tool ship: its type has ")
    assert said in mistake


def test_an_alias_that_the_schema_can_say_is_taken(write: Write):
    write(
        "one.py",
        "from pydantic import AliasChoices, BaseModel, Field\nfrom runrelay.tools import tool\n"
        "class Box(BaseModel):\n    a: str = Field(validation_alias=AliasChoices('b', 'c'))\n"
        "    d: str = Field(validation_alias='e')\n"
        '@tool()\ndef ship(to: Box) -> None:\n    """Ship."""\n',
    )

    assert report("acme_tools", 120).mistakes == []
