"""The catalog: every tool of every file, each name once."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pytest
from contracts.catalog import load_catalog
from pydantic import Field

from functions.tools import catalog
from functions.tools.declarations import FUNCTION_SECONDS, SECONDS_TO_TELL
from functions.tools.loading import Loaded, load_tools
from functions.tools.runner import SECONDS_TO_STORE
from functions.tools.tool import Tool, tool
from runrelay.command_line import CommandError
from tasks.commands import catalog as command
from tests.harness.template import Template

A_TOOL = "from functions.tools.tool import tool\n\n@tool()\ndef {name}(x: int) -> int:\n    return x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The catalog's folder, empty."""
    monkeypatch.setattr(catalog, "__path__", [str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def loaded() -> Loaded:
    return load_tools("functions.tools.catalog")


def tools() -> dict[str, Tool]:
    return loaded().tools


def test_the_tools_are_those_that_the_others_know():
    assert {name: asdict(tool.entry) for name, tool in tools().items()} == {
        name: asdict(entry) for name, entry in load_catalog().items()
    }


def test_a_new_file_is_a_new_tool(folder: Path):
    (folder / "first_new.py").write_text(A_TOOL.format(name="one"))
    (folder / "second_new.py").write_text(A_TOOL.format(name="two"))

    assert list(tools()) == ["one", "two"]


def test_a_folder_of_files_is_part_of_the_catalog(folder: Path):
    (folder / "new_shop").mkdir()
    (folder / "new_shop/orders.py").write_text(A_TOOL.format(name="one"))

    (before,) = loaded().broken
    (folder / "new_shop/__init__.py").touch()

    assert before.words == "functions/tools/catalog/new_shop has no __init__.py: make an empty one"
    assert list(tools()) == ["one"]


def test_two_tools_of_one_name_are_refused(folder: Path):
    (folder / "first_twin.py").write_text(A_TOOL.format(name="same"))
    (folder / "second_twin.py").write_text(A_TOOL.format(name="same"))

    (twin,) = loaded().broken

    place = "functions/tools/catalog"
    assert (
        twin.words == f"{place}/second_twin.py: two tools are named same, the other in {place}/first_twin.py"
    )


def test_a_tool_that_another_file_imports_is_not_a_second_one(folder: Path):
    (folder / "owner_of_it.py").write_text(A_TOOL.format(name="one"))
    (folder / "user_of_it.py").write_text("from functions.tools.catalog.owner_of_it import one\n")

    assert list(tools()) == ["one"]


def test_a_tool_that_cannot_be_one_is_named_when_the_catalog_is_made(folder: Path):
    unverified = A_TOOL.format(name="charge").replace("@tool()", '@tool(effect="verify")')
    (folder / "unverified.py").write_text(unverified)

    with pytest.raises(CommandError, match="the tool charge is verify and has no verify function"):
        command.run(argparse.Namespace(check=True, tools="", parameters=[]))


def refusal_of(folder: Path, code: str) -> str:
    """Write a file into the catalog and give what `make catalog` says of it."""
    (folder / "odd_tool.py").write_text(
        "from functions.tools.tool import ToolContext, tool\nfrom typing import Annotated, Any\n"
        "from pydantic import Field\n" + code
    )
    with pytest.raises(CommandError) as raised:
        command.run(argparse.Namespace(check=True, tools="", parameters=[]))
    said = str(raised.value)
    assert said.startswith("The catalog cannot be made: functions/tools/catalog/odd_tool.py")
    return said


FORMATS = {
    "uri": "from pydantic import AnyUrl as Zone",
    "path": "from pathlib import Path as Zone",
    "binary": "Zone = bytes",
    "password": "from pydantic import SecretStr as Zone",
    "ipv4network": "from ipaddress import IPv4Network as Zone",
    "ipv4interface": "from ipaddress import IPv4Interface as Zone",
    "ipvanyaddress": "from pydantic import IPvAnyAddress as Zone",
    "regex": "from re import Pattern as Zone",
    "base64": "from pydantic import Base64Str as Zone",
    "json-pointer": "Zone = Annotated[str, Field(json_schema_extra={'format': 'json-pointer'})]",
}


@pytest.mark.parametrize(("form", "code"), FORMATS.items())
@pytest.mark.parametrize("wrapped", ["Zone", "list[Zone]", "Zone | None"])
def test_a_format_that_openai_refuses_is_refused(folder: Path, form: str, code: str, wrapped: str):
    said = refusal_of(folder, f'{code}\n@tool()\ndef ship(to: {wrapped}) -> None:\n    """Ship."""\n')

    assert f"to, a parameter of the tool ship: its type is not strict: OpenAI takes no format {form}" in said
    assert "date-time" in said
    assert "Take a str and read it." in said


@pytest.mark.parametrize(
    "hint",
    ["datetime", "date", "time", "timedelta", "UUID", "IPv4Address", "IPv6Address", "Email", "Host"],
)
def test_a_format_that_openai_takes_is_taken(folder: Path, hint: str):
    (folder / "good_tool.py").write_text(
        "from datetime import date, datetime, time, timedelta\n"
        "from ipaddress import IPv4Address, IPv6Address\nfrom uuid import UUID\n"
        "from typing import Annotated\nfrom pydantic import Field\n"
        "from functions.tools.tool import tool\n"
        "Email = Annotated[str, Field(json_schema_extra={'format': 'email'})]\n"
        "Host = Annotated[str, Field(json_schema_extra={'format': 'hostname'})]\n"
        f'@tool()\ndef ship(to: {hint}) -> None:\n    """Ship."""\n'
    )

    assert "format" in tools()["ship"].entry.parameters["properties"]["to"]


OTHER_SPELLINGS = [
    "(x)?(?(1)a|b)",
    "(?P<a>x)(?P=a)",
    r"(?<a>x)\k<a>",
    r"(?<a>x)\k{a}",
    r"(?<a>x)\k'a'",
    r"(x)\g{1}",
    r"[a]\1",
]


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)b", "a(?<=b)", "a(?<!b)c", r"(a)\1", r"\\(?=a)", *OTHER_SPELLINGS]
)
def test_a_pattern_that_looks_around_is_refused(folder: Path, pattern: str):
    hint = f"Annotated[str, Field(json_schema_extra={{'pattern': {pattern!r}}})]"

    said = refusal_of(folder, f'@tool()\ndef ship(to: {hint}) -> None:\n    """Ship."""\n')

    assert "to, a parameter of the tool ship: its type is not strict: OpenAI takes no pattern" in said
    assert "Take a simpler one" in said


@pytest.mark.parametrize(
    "pattern", [r"^\(?=$", "[(?=]", "[?!]", r"^\\1$", "^(?:a|b)+$", r"^\d{1,3}$", r"^\\k<a>$", "[(?(]"]
)
def test_a_pattern_that_only_seems_to_look_around_is_taken(pattern: str):
    @tool()
    def ship(to: Annotated[str, Field(json_schema_extra={"pattern": pattern})]) -> None:
        """Ship."""

    assert ship.entry.parameters["properties"]["to"]["pattern"] == pattern


REFUSED = {
    "a name of other letters": (
        'def größe() -> None:\n    """Size."""',
        ("the tool größe has a name", "1 to 64 letters"),
    ),
    "a long name": (f'def {"a" * 65}() -> None:\n    """Long."""', ("has a name", "1 to 64 letters")),
    "a context that is none": (
        'def ship(context: str) -> None:\n    """Ship."""',
        ("context, a parameter of the tool ship, is no ToolContext", "another name"),
    ),
    "a context without a type": (
        'def ship(*, context) -> None:\n    """Ship."""',
        ("context, a parameter of the tool ship, is no ToolContext", "annotate it"),
    ),
    "a context of another name": (
        'def ship(ctx: ToolContext) -> None:\n    """Ship."""',
        ("ctx, a parameter of the tool ship, is a ToolContext", "name it context"),
    ),
    "no docstring": ("def ship() -> None: ...", ("the tool ship has no docstring", "write one")),
    "a docstring that breaks off": (
        'def ship(to: str) -> None:\n    """Ship.\n\n    Args:\n    """',
        ("the docstring of the tool ship cannot be read", "Google's style"),
    ),
    "anything at all": (
        'def ship(to: Any) -> None:\n    """Ship."""',
        ("to, a parameter of the tool ship", "Take a str"),
    ),
    "a type without a schema": (
        'def ship(to: type("Alien", (), {})) -> None:\n    """Ship."""',
        ("to, a parameter of the tool ship", "Take a str"),
    ),
    "a type that is unknown": (
        'def ship(to: "Unheard") -> None:\n    """Ship."""',
        ("ship", "Unheard"),
    ),
    "no type": (
        'def ship(to) -> None:\n    """Ship."""',
        ("to, a parameter of the tool ship", "annotate it"),
    ),
    "JSON inside a text": (
        'def ship(to: Json) -> None:\n    """Ship."""',
        ("to, a parameter of the tool ship", "contentMediaType"),
    ),
    "an async generator": (
        'async def ship() -> Any:\n    """Ship."""\n    yield 1',
        ("the tool ship is async", "write def"),
    ),
}


@pytest.mark.parametrize(("function", "words"), REFUSED.values(), ids=REFUSED)
def test_a_function_that_cannot_be_a_tool_is_refused_with_what_to_do(folder: Path, function, words):
    said = refusal_of(folder, f"from pydantic import Json\n@tool()\n{function}\n")

    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("timeout=0", "a timeout of 0: give whole seconds, 1 to 110"),
        ("timeout=-5", "a timeout of -5: give whole seconds, 1 to 110"),
        (
            "timeout=600",
            "whole seconds, 1 to 110; what takes longer needs a larger ToolTimeoutSeconds",
        ),
        ("timeout=2.5", "a timeout of 2.5: give whole seconds"),
        ("timeout='30'", "a timeout of '30': give whole seconds"),
        (
            "effect='verify', timeout=56",
            "give whole seconds, 1 to 55; its verify function may have to follow",
        ),
        ("timeout=True", "a timeout of True: give whole seconds"),
        ("executor='external', timeout=31 * 86_400", "give whole seconds, 1 to 2592000"),
        ("effect='purr'", "the effect 'purr': use pure, keyed, verify, once"),
        ("effect=None", "the effect None: use pure"),
        ("effect=[]", "the effect []: use pure"),
        ("approval='maybe'", "the approval 'maybe': use never, always or a function"),
        ("approval=True", "the approval True: use never, always or a function"),
        ("executor='me'", "the executor 'me': use tools, external"),
        ("when_unknown='shrug'", "the when_unknown 'shrug': use tell_model, ask_person"),
        ("repeats='often'", "the repeats 'often': use run, share"),
        ("max_attempts=0", "max_attempts of 0: give 1 or more"),
        ("lambda_function='a b'", "no plain name: 'a b'; give what follows"),
        ("lambda_function=7", "no plain name: 7; give what follows"),
    ],
)
def test_a_declaration_that_says_nothing_we_know_is_refused_with_what_to_do(folder: Path, declared, words):
    said = refusal_of(folder, f'@tool({declared})\ndef ship() -> None:\n    """Ship."""\n')

    assert "ship" in said
    assert words in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            '@tool\ndef ship() -> None:\n    """Ship."""\n',
            "@tool is written with parentheses: @tool() above ship",
        ),
        ("@tool(may_repeat=True)\ndef ship() -> None: ...\n", "may_repeat"),
        ("def ship(:\n", "SyntaxError"),
        ("import a_module_that_nobody_has\n", "a_module_that_nobody_has"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("from asyncio import CancelledError\nraise CancelledError('late')\n", "CancelledError: late"),
    ],
    ids=[
        "without parentheses",
        "an unknown word",
        "no Python",
        "a missing module",
        "an exit",
        "no Exception",
    ],
)
def test_a_file_that_cannot_be_imported_is_named(folder: Path, code, words):
    said = refusal_of(folder, code)

    assert "odd_tool.py cannot be imported: " in said
    assert words in said


SHIP = 'def ship(to: str) -> None:\n    """Ship."""\n'


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (f"@tool()\n@tool()\n{SHIP}", ("@tool() stands twice above ship", "write it once")),
        (
            f"from functools import partial\n{SHIP}sail = tool()(partial(ship, 'Cork'))\n",
            ("odd_tool.py: the tool sail is made of functools.partial", "with @tool() above its def"),
        ),
        (
            f"from helper_of_it import bare\n@tool()\n@bare\n{SHIP}",
            ("odd_tool.py: the tool ship is a function of helper_of_it", "use functools.wraps"),
        ),
        (
            f"from functions.tools.catalog.helper_of_it import bare\n@tool()\n@bare\n{SHIP}",
            ("odd_tool.py: the tool ship is a function of functions.tools.catalog.helper_of_it",),
        ),
        (
            "from helper_of_it import sail\n",
            ("the tool sail is a function of helper_of_it", "declare it here"),
        ),
        (
            f"{SHIP}TOOLS = [tool()(ship)]\n",
            ("odd_tool.py: the tool ship stands in a list alone", "give it a variable"),
        ),
        (
            f"{SHIP}TOOLS = {{'ship': tool()(ship)}}\n",
            ("odd_tool.py: the tool ship stands in a list alone", "give it a variable"),
        ),
        (
            "class Port:\n    @tool()\n    def ship(self) -> None: ...\n",
            ("the tool ship stands in the class Port", "move it out of the class"),
        ),
        (
            "class Port:\n    @tool()\n    @staticmethod\n    def ship() -> None: ...\n",
            ("the tool ship stands in the class Port", "move it out of the class"),
        ),
    ],
    ids=[
        "twice",
        "partial",
        "a bare decorator",
        "of the catalog",
        "from elsewhere",
        "in a list",
        "in a dictionary",
        "method",
        "static method",
    ],
)
def test_what_would_be_left_out_without_a_word_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code, words
):
    monkeypatch.syspath_prepend(folder)
    (folder / "helper_of_it.py").write_text(
        "from functions.tools.tool import tool\n"
        "def bare(function):\n    def inner(to: str) -> None:\n        function(to)\n    return inner\n"
        "if __name__ == 'helper_of_it':\n    sail = tool()(bare(len))\n"
    )

    said = refusal_of(folder, code)

    assert "odd_tool.py" in said
    assert all(word in said for word in words), said


def test_whoever_interrupts_is_not_told_of_a_file(folder: Path):
    (folder / "slow_tool.py").write_text("raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        loaded()


CHECKS = {
    "async validator": "async def check(to): ...\nTo = Annotated[str, AfterValidator(check)]",
    "async validator of a model": (
        "class To(BaseModel):\n    a: str\n    @field_validator('a')\n    @classmethod\n"
        "    async def check(cls, a): ..."
    ),
    "async factory": (
        "async def check(): ...\nclass To(BaseModel):\n    a: str = Field(default_factory=check)"
    ),
    "async validator within": (
        "async def check(to): ...\n@dataclass\nclass Part:\n    a: Annotated[str, BeforeValidator(check)]\n"
        "To = list[Part | None]"
    ),
}


@pytest.mark.parametrize("code", CHECKS.values(), ids=CHECKS)
def test_a_type_with_async_checks_is_refused(folder: Path, code: str):
    imports = (
        "from dataclasses import dataclass\n"
        "from pydantic import AfterValidator, BaseModel, BeforeValidator, field_validator\n"
    )

    said = refusal_of(folder, f'{imports}{code}\n@tool()\ndef ship(to: To) -> None:\n    """Ship."""\n')

    assert "to, a parameter of the tool ship: its type has async checks, which nobody awaits: " in said
    assert "check: write def" in said


ODD_VALUES = {
    "a limit that is no number": (
        "To = Annotated[float, Field(ge=float('nan'))]",
        "its type is not strict: JSON cannot say its minimum, nan. Write an int or a float.",
    ),
    "a limit without end": (
        "To = Annotated[float, Field(json_schema_extra={'maximum': float('inf')})]",
        "JSON cannot say its maximum, inf",
    ),
    "a limit within a list": (
        "To = list[Annotated[Decimal, Field(lt=Decimal('NaN'))] | None]",
        "JSON cannot say its exclusiveMaximum, nan",
    ),
    "a limit of another type": (
        "To = Annotated[float, Field(ge=Decimal('1.5'))]",
        "JSON cannot say its minimum, Decimal('1.5')",
    ),
    "a length that is none": (
        "To = Annotated[str, Field(json_schema_extra={'maxLength': True})]",
        "JSON cannot say its maxLength, True",
    ),
    "an enum without members": (
        "class To(Enum): pass",
        "its type is not strict: OpenAI takes no enum without values. Give it a member.",
    ),
    "an enum without members within": (
        "class Part(Enum): pass\n@dataclass\nclass To:\n    parts: list[Part]",
        "OpenAI takes no enum without values",
    ),
    "an enum of tuples": (
        "class To(Enum):\n    A = (1, 2)",
        "its type is not strict: OpenAI takes no [1, 2] in an enum. Take texts or numbers.",
    ),
    "an enum of dicts": ("class To(Enum):\n    A = {'x': 1}", "OpenAI takes no {'x': 1} in an enum"),
    "an enum of objects": ("class To(Enum):\n    A = object()", "its type has no JSON schema"),
    "an enum of no number": ("class To(Enum):\n    A = float('nan')", "OpenAI takes no nan in an enum"),
    "an enum of one text": (
        "To = Annotated[str, Field(json_schema_extra={'enum': 'ab'})]",
        "OpenAI takes no enum without values",
    ),
    "an enum of half a pair": (
        "To = Annotated[str, Field(json_schema_extra={'enum': ['a\\ud800']})]",
        r"OpenAI takes no 'a\ud800' in an enum",
    ),
    "an enum of several types": (
        "class To(Enum):\n    A = 1\n    B = 'x'",
        "its type is not strict: OpenAI takes no enum of several types: number, string. Take one.",
    ),
    "texts and truths": ("To = Literal['a', True, None]", "several types: boolean, string"),
    "a const of several": (
        "To = Annotated[str, Field(json_schema_extra={'const': [1]})]",
        "OpenAI takes no [1] in an enum",
    ),
    "half a pair in a description": (
        "To = Annotated[str, Field(description='Half \\ud800.')]",
        r"not strict: its description is no text that UTF-8 can say: 'Half \ud800.'. Write another.",
    ),
    "half a pair in a pattern": (
        "To = Annotated[str, Field(pattern='\\udc00')]",
        r"its pattern is no text that UTF-8 can say: '\udc00'",
    ),
    "a description that is none": (
        "To = Annotated[str, Field(json_schema_extra={'description': 5})]",
        "its description is no text that UTF-8 can say: 5",
    ),
}


@pytest.mark.parametrize(("code", "words"), ODD_VALUES.values(), ids=ODD_VALUES)
def test_a_schema_that_no_json_or_no_enum_can_say_is_refused(folder: Path, code: str, words: str):
    imports = (
        "from dataclasses import dataclass\nfrom decimal import Decimal\nfrom enum import Enum\n"
        "from typing import Literal\n"
    )

    said = refusal_of(folder, f'{imports}{code}\n@tool()\ndef ship(to: To) -> None:\n    """Ship."""\n')

    assert "odd_tool.py: to, a parameter of the tool ship: its type " in said
    assert words in said


@pytest.mark.parametrize("place", ["Ship \\ud800.", "Ship.\n\nArgs:\n    to: Half \\udfff."])
def test_half_a_pair_in_a_docstring_is_refused(folder: Path, place: str):
    said = refusal_of(
        folder,
        f'@tool()\ndef ship(to: str) -> None: ...\nship.function.__doc__ = """{place}"""\n',
    )

    assert "odd_tool.py: the docstring of the tool ship has half a surrogate pair" in said
    assert "write the whole character" in said


NESTED = "from pydantic import create_model\nTo = str\nfor n in range({}):\n    To = {}\n"
MODELS = "create_model(f'M{n}', a=(To, ...))"


@pytest.mark.parametrize(
    ("code", "hint", "words"),
    [
        (
            NESTED.format(11, MODELS),
            "To",
            "its type is not strict: it has 11 levels of nesting, and OpenAI takes 10. Take a flatter one.",
        ),
        (NESTED.format(11, "list[To]"), "To", "it has 11 levels of nesting"),
        (
            NESTED.format(5, "list[create_model(f'M{n}', a=(To | None, ...))]"),
            "To | list[To]",
            "it has 11 levels",
        ),
        (
            "To = create_model('To', **{f'a{n}': (str, ...) for n in range(5000)})\n",
            "To",
            "its type is not strict: it has 5001 properties, and OpenAI takes 5000. Take fewer.",
        ),
        (
            "To = Literal[*map(str, range(1001))]\n",
            "To",
            "it has 1001 values of enums, and OpenAI takes 1000. Take fewer, or a str that the tool checks.",
        ),
        (
            "To = Literal[*(str(each).zfill(60) for each in range(251))]\n",
            "To",
            "it has 15060 characters in an enum of more than 250 values, and OpenAI takes 15000. Take fewer",
        ),
        (
            "To = create_model('To', **{str(n).zfill(1000): (str, ...) for n in range(120)})\n",
            "To",
            "it has 120004 characters of names and values, and OpenAI takes 120000. Take shorter ones.",
        ),
    ],
    ids=["models", "lists", "both", "properties", "values", "a large enum", "characters"],
)
def test_a_parameter_that_is_too_large_for_openai_is_refused(folder: Path, code, hint, words):
    imports = "from typing import Literal\nfrom pydantic import create_model\n"

    said = refusal_of(folder, f'{imports}{code}@tool()\ndef ship(to: {hint}) -> None:\n    """Ship."""\n')

    assert "odd_tool.py: to, a parameter of the tool ship: its type is not strict: it has " in said
    assert words in said


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("{f'a{n}': str for n in range(5001)}", "it has 5001 properties, and OpenAI takes 5000"),
        (
            "{f'a{n}': Literal[*range(n * 100, n * 100 + 100)] for n in range(11)}",
            "it has 1100 values of enums, and OpenAI takes 1000",
        ),
        (
            "{f'a{n:059999}': str for n in range(3)}",
            "it has 180000 characters of names and values, and OpenAI takes 120000",
        ),
    ],
    ids=["properties", "values", "characters"],
)
def test_parameters_that_are_too_large_together_are_refused(folder: Path, parameters: str, words: str):
    said = refusal_of(
        folder,
        f"from typing import Literal\nparameters = {parameters}\n"
        "exec(f'def ship({\", \".join(parameters)}): ...')\n"
        "ship.__doc__, ship.__annotations__ = 'Ship.', parameters\nship = tool()(ship)\n",
    )

    assert f"odd_tool.py: the tool ship: the schema of its parameters is not strict: {words}" in said


def test_every_mistake_is_named_at_once(folder: Path):
    (folder / "some_odd.py").write_text(A_TOOL.format(name="silent"))

    said = refusal_of(folder, '@tool(timeout=0)\ndef ship() -> None:\n    """Ship."""\n')

    assert "some_odd.py: the tool silent has no docstring" in said
    assert "odd_tool.py: the tool ship has a timeout" in said


def test_a_tool_ends_while_the_function_that_runs_it_has_time_to_say_so():
    assert SECONDS_TO_TELL > SECONDS_TO_STORE
    assert Template({}).resolved("ToolFunction", "Timeout") == FUNCTION_SECONDS


@pytest.mark.parametrize(
    "hint", ["Iterable[int]", "Generator[int]", "list[Iterable[int]]", "Iterable[int] | None", "Box"]
)
def test_a_type_that_is_checked_only_as_it_is_read_is_refused(folder: Path, hint: str):
    said = refusal_of(
        folder,
        "from collections.abc import Generator, Iterable\nfrom pydantic import BaseModel\n"
        "class Box(BaseModel):\n    model_config = {'extra': 'forbid'}\n    to: Iterable[int]\n"
        f'@tool()\ndef ship(to: {hint}) -> None:\n    """Ship."""\n',
    )

    assert "to, a parameter of the tool ship: its type is checked only while the tool runs" in said
    assert "write a list" in said


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("def ship(to: 'Nope') -> None:", "of its parameter to: name 'Nope' is not defined"),
        ("def ship(to: str) -> 'Nope':", "of what it returns: name 'Nope' is not defined"),
        ("def ship(to: Annotated[int, Field(multiple_of=0)]) -> None:", "ship"),
        ("def ship(to: Annotated[str, Field(pattern='(')]) -> None:", "regex parse error"),
    ],
)
def test_a_type_that_cannot_be_read_is_named_with_the_reason(folder: Path, function: str, words: str):
    said = refusal_of(folder, f'@tool()\n{function}\n    """Ship."""\n')

    assert "to" in said
    assert words in said


def test_a_word_whose_own_code_raises_is_only_an_unknown_word(folder: Path):
    said = refusal_of(
        folder,
        "class Word:\n    def __eq__(self, other):\n        raise KeyError\n    __hash__ = None\n"
        '@tool(effect=Word())\ndef ship() -> None:\n    """Ship."""\n',
    )

    assert "use pure, keyed, verify, once" in said


def test_a_description_is_told_without_the_space_around_it():
    descriptions = [entry.description for entry in load_catalog().values()]

    assert descriptions == [each.strip() for each in descriptions]
