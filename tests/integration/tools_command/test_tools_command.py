"""`runrelay tools`: a folder of tools is begun, listed, checked and called on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runrelay.__main__ import main

TOOLS = '''
import os, time
from runrelay.tools import Secret, ToolContext, ToolError, tool

KEY = Secret("acme/key")
print("imported")

@tool(effect="keyed", approval=lambda cents: cents > 100, timeout=5)
def refund(cents: int, *, context: ToolContext) -> str:
    """Refund something.

    More words.
    """
    return f"{cents} with {KEY.value}, {context.attempt}"

@tool(timeout=1)
def hang() -> None:
    """Take too long."""
    time.sleep(60)

@tool()
def die() -> None:
    """End the process."""
    os._exit(3)

@tool(effect="pure", approval=lambda: 1 / 0)
def refuse(word: str) -> None:
    """Refuse."""
    raise ToolError(f"Not {word}.") if word else ValueError("no word")

@tool(executor="external")
def ask() -> None:
    """Ask somebody."""
'''


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TOOLS", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "acme_tools"
    (folder / "tests").mkdir(parents=True)
    (folder / "money.py").write_text(TOOLS)
    (folder / "tests/test_money.py").write_text("raise SystemExit")
    return folder


def run(*words: str | Path) -> int:
    return main(["tools", *map(str, words)])


def test_a_new_tool_passes_the_check_and_can_be_called(capsys: pytest.CaptureFixture[str]):
    assert run("new", "count_words") == 0
    assert run("check") == 0
    assert run("call", "count_words", '{"text": "one two"}') == 0

    said = capsys.readouterr()
    assert said.out.splitlines()[-2:] == ["tools: count_words.", "2 words, in attempt 1"]
    assert "effect    pure\napproval  no\n" in said.err
    assert Path("tools/count_words.py").is_file()
    assert not list(Path("tools").glob("__pycache__"))


def test_nothing_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("new", "money", "--tools", folder) == 1

    assert "money.py is there already." in capsys.readouterr().err
    assert (folder / "money.py").read_text() == TOOLS


@pytest.mark.parametrize("name", ["two words", "class", "../up", "test_it", "conftest", "__init__", "x" * 65])
def test_a_name_that_no_tool_can_have_is_refused(name: str):
    assert run("new", name) == 1
    assert not Path("tools").exists()


@pytest.mark.parametrize("name", ["ToolContext", "ToolError", "tool", "len", "str"])
def test_a_name_that_the_new_file_uses_itself_is_refused(name: str, capsys: pytest.CaptureFixture[str]):
    assert run("new", name) == 1

    assert capsys.readouterr().err == f"The file uses the name {name} itself: take another.\n"
    assert not Path("tools").exists()


def test_a_list_says_what_each_tool_is(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("list", "--tools", folder) == 0
    rows = [row.split(maxsplit=6) for row in capsys.readouterr().out.splitlines()]

    assert ["refund", "keyed", "by_arguments", "5", "s", "tools", "Refund something."] in rows
    assert ["ask", "once", "never", "30", "s", "external", "Ask somebody."] in rows


def test_a_list_for_programs_is_json_alone_though_a_module_prints(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert run("list", "--json", "--tools", folder) == 0

    names = [entry["name"] for entry in json.loads(capsys.readouterr().out)]
    assert sorted(names) == ["ask", "die", "hang", "refund", "refuse"]


@pytest.mark.parametrize("action", ["check", "list"])
def test_a_module_that_ends_python_as_it_is_imported_is_a_mistake(
    folder: Path, action: str, capsys: pytest.CaptureFixture[str]
):
    (folder / "ends.py").write_text("import os\nos._exit(0)\n")

    assert run(action, "--tools", folder) == 1
    assert "acme_tools: importing it ended Python with code 0" in capsys.readouterr().err
    assert run(action, "--json", "--tools", folder) == 1


def test_without_a_folder_the_samples_are_listed(capsys: pytest.CaptureFixture[str]):
    assert run("list") == 0

    assert "get_order" in capsys.readouterr().out


def test_a_check_says_each_mistake_in_a_line_with_its_file(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "broken.py").write_text("import nothing_like_it\n")
    (folder / "open.py").write_text(
        'from runrelay.tools import tool\n@tool()\ndef opened(x: dict[str, int]) -> None:\n    """Open."""\n'
    )
    (folder / "environment.yaml").write_text("AWS_REGION: mars\n")

    assert run("check", "--tools", folder) == 1

    lines = [line for line in capsys.readouterr().err.splitlines() if line != "imported"]
    assert [line.partition(":")[0].removeprefix(f"{folder.parent}/") for line in lines] == [
        "acme_tools/environment.yaml",
        "acme_tools/broken.py cannot be imported",
        "acme_tools/open.py",
    ]


def test_a_check_knows_the_time_that_the_function_has(folder: Path):
    (folder / "money.py").write_text(TOOLS.replace("timeout=5", "timeout=200"))

    assert run("check", "--tools", folder) == 1
    assert run("check", "--tools", folder, "--tool-timeout-seconds", "300") == 0


def test_a_call_has_its_secrets_and_says_whether_a_person_would_be_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    secrets = folder.parent / "secrets.json"
    secrets.write_text('{"acme/key": "sesame"}')

    code = run("call", "refund", '{"cents": 200}', "--tools", folder, "--secrets", secrets, "--json")

    told = json.loads(capsys.readouterr().out)
    assert (code, told["approval"], told["output"]) == (0, "yes", "200 with sesame, 1")
    assert told["effect"] == "keyed"
    assert told["schema"]["required"] == ["cents"]


def test_a_variable_of_the_folder_is_there_for_its_modules(folder: Path):
    (folder / "environment.yaml").write_text("SHOP_API: https://shop.example\n")
    (folder / "money.py").write_text(f"{TOOLS}\nos.environ['SHOP_API']\n")

    assert run("check", "--tools", folder) == 0
    assert "SHOP_API" not in os.environ


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hang", "{}", "The tool hang did not finish within 1 s."),
        ("die", "{}", "The process of die ended with code 3."),
        ("refuse", '{"word": "now"}', "approval function gave no answer\nNot now."),
        ("refuse", '{"word": ""}', "ValueError: no word\n\nThe tool refuse failed."),
        ("refuse", '{"wort": ""}', "break its schema: word: Field required"),
        ("refuse", "{", "break its schema: arguments: Invalid JSON"),
        ("ask", "{}", "ask is run by whoever gives its output"),
        ("nobody", "{}", "There is no tool nobody; there are: ask, die, hang, refund, refuse."),
        ("refund", '{"cents": 1}', "nobody gives the secret acme/key here"),
    ],
)
def test_a_call_that_fails_says_why(
    folder: Path, name: str, arguments: str, words: str, capsys: pytest.CaptureFixture[str]
):
    assert run("call", name, arguments, "--tools", folder) == 1

    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_a_folder_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]):
    assert run("list", "--tools", "nowhere") == 1

    assert "There is no folder" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install():
    program = (
        "import sys; sys.modules['docstring_parser'] = None\n"
        "from runrelay.__main__ import main\nsys.exit(main(['tools', 'list']))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'runrelay[tools]'" in done.stderr


NOISY = '''
import os
from runrelay.tools import tool

def speak():
    print("printed")
    os.write(1, b"written\\n")
    os.system("echo by a process")

speak()

@tool(effect="pure")
def talk() -> str:
    """Talk."""
    speak()
    return "a\\tb"
'''


@pytest.mark.parametrize("words", [("list",), ("check",), ("call", "talk", "{}")])
def test_what_a_tool_prints_is_no_part_of_the_answer(tmp_path: Path, words: tuple[str, ...]):
    folder = tmp_path / "loud_tools"
    folder.mkdir()
    (folder / "loud.py").write_text(NOISY)

    done = subprocess.run(
        [sys.executable, "-m", "runrelay", "tools", *words, "--tools", folder, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert sorted({"printed", "written", "by a process"} & {*done.stderr.splitlines()}) == [
        "by a process",
        "printed",
        "written",
    ]


def test_a_tool_is_begun_where_it_can_be_called_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()

    assert run("new", "count_words", "--tools", tmp_path / "json") == 1
    assert run("new", "count_words", "--tools", tmp_path / "file" / "tools") == 1
    assert run("new", "count_words", "--tools", tmp_path / "my place" / "tools") == 0

    said = capsys.readouterr()
    assert "a folder named json: rename it" in said.err
    assert "cannot be written: Not a directory" in said.err
    assert f"runrelay tools check --tools '{tmp_path}/my place/tools'" in said.out
    assert not (tmp_path / "json").exists()
