"""`runrelay dev` with a stack of its own: what is saved is live, what is broken is told, open runs go on."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Self

import pytest
from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tests.harness.hearing import HEARING_CTRL_C

FOLDER = LOCAL / "team-of-dev/dev_tools"
"""Always the same place, so that its packages are installed once."""

PATIENCE_SECONDS = 240
NOT_OURS = {"RUNRELAY_STACK", "RUNRELAY_URL", "TOOLS"}

TOOL = '''
import os
import time
from pathlib import Path

from runrelay.tools import tool


@tool({options})
def {name}() -> str:
    """Say something."""
    {body}
'''


def a_tool(name: str, body: str, *, options: str = 'effect="pure"') -> str:
    return TOOL.format(name=name, body=body, options=options)


@dataclass
class Dev:
    """The command at work, and what it has said so far."""

    directory: Path
    options: Sequence[str] = ()
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        command = [*HEARING_CTRL_C, sys.executable, "-m", "runrelay", "dev"]
        command += ["--tools", FOLDER, "--directory", self.directory, *self.options]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in NOT_OURS},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """Press Ctrl-C, and give the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()  # else it would look at the folder of the tests after this one
            raise
        self._reader.join()
        self.process.stdout.close()
        return code

    def says(self, pattern: str, since: int = 0) -> str:
        """Wait for a line."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (found := [line for line in self.lines[since:] if re.search(pattern, line)]):
            said = "\n".join(self.lines)
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        return found[0]

    def says_when(self, pattern: str, file: str, content: str | None) -> str:
        """Save a file, or remove it, and wait for a line."""
        since = len(self.lines)
        if content is None:
            (FOLDER / file).unlink()
        else:
            (FOLDER / file).write_text(content)
        return self.says(pattern, since)

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "first.py").write_text(a_tool("first", "return 'the first'"))
    directory = tmp_path_factory.mktemp("dev-stack")
    with Dev(directory) as dev:
        dev.says("Ctrl-C stops the stack")
        yield dev
        assert dev.end() == 0
    assert LocalStack(directory).running() is None
    assert not (directory / "stack.json").exists()


@pytest.fixture(scope="module")
def stack(dev: Dev) -> Stack:
    return Stack.read(dev.directory / "stack.json")


def output_of(client: Client, name: str) -> str:
    """Have a run call a tool, and give what the model was told."""
    run_id = client.start(calls((name, {})), text("ok"), tools=[name])
    assert client.ended(run_id)["status"] == "completed"
    (output,) = client.outputs_sent(run_id)
    return output


def is_known(client: Client, name: str) -> bool:
    """Ask the API whether a run may have a tool."""
    request = client.request("response")
    answer = client.post_run({"kind": "response", "request": {**request, "input": "Hello."}, "tools": [name]})
    assert answer.status_code in {202, 422}, answer.text
    return answer.status_code == 202


def test_it_says_where_the_stack_is_and_what_to_type_next(dev: Dev, stack: Stack):
    said = "\n".join(dev.lines)

    assert stack.api_url in said
    assert stack.simulator_url in said
    assert re.search(rf"{FOLDER}: .*\bfirst\b", said)
    assert f'runrelay runs start --tool first --input "Hello." --watch --directory {dev.directory}' in said


def test_a_saved_tool_is_live_at_the_same_addresses(dev: Dev, stack: Stack, client: Client):
    dev.says_when("edited", "edited.py", a_tool("edited", "return 'as it was'"))
    before = output_of(client, "edited")

    told = dev.says_when("edited", "edited.py", a_tool("edited", "return 'as it is'"))

    assert re.fullmatch(r"reloaded in \d+\.\d s: edited", told)
    assert [before, output_of(client, "edited")] == ["as it was", "as it is"]
    assert LocalStack(dev.directory).running() == stack


def test_code_that_nothing_runs_any_more_goes(dev: Dev, stack: Stack, client: Client):
    functions = stack.client("lambda")
    (name,) = [
        each["FunctionName"]
        for each in functions.list_functions()["Functions"]
        if "-ToolFunction-" in each["FunctionName"]
    ]

    def versions() -> list[str]:
        listed = functions.list_versions_by_function(FunctionName=name)["Versions"]
        return [each["Version"] for each in listed]

    for words in ("once", "twice"):
        dev.says_when("replaced", "replaced.py", a_tool("replaced", f"return {words!r}"))
    live = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    before = versions()
    client.eventually(lambda: set(versions()) == {"$LATEST", live})

    assert len(before) > 2
    assert output_of(client, "replaced") == "twice"


def test_what_cannot_be_imported_is_told_with_its_line_and_the_old_code_goes_on(dev: Dev, client: Client):
    good = a_tool("breaking", "return 'good'")
    dev.says_when("breaking", "breaking.py", good)

    told = dev.says_when("cannot be imported", "breaking.py", good.replace("return 'good'", "return ("))
    output = output_of(client, "breaking")
    dev.says_when("mended", "breaking.py", good)

    line = good.splitlines().index("    return 'good'") + 1
    words = f"SyntaxError: '(' was never closed (breaking.py, line {line})"
    assert told == f"dev_tools/breaking.py cannot be imported: {words}"
    assert output == "good"


def test_a_new_tool_is_known_to_the_api_and_to_the_worker_until_its_file_is_gone(dev: Dev, client: Client):
    known = [is_known(client, "passing")]

    dev.says_when(r"reloaded in .* s: passing$", "passing.py", a_tool("passing", "return 'here'"))
    output = output_of(client, "passing")
    known.append(is_known(client, "passing"))
    dev.says_when(r"gone: passing$", "passing.py", None)
    known.append(is_known(client, "passing"))

    assert known == [False, True, False]
    assert output == "here"


def test_a_variable_is_deployed(dev: Dev, client: Client):
    dev.says_when("greeting", "greeting.py", a_tool("greeting", "return os.environ.get('GREETING', 'none')"))
    before = output_of(client, "greeting")

    dev.says_when(r"deployed in .* s", "environment.yaml", "GREETING: Hello\n")

    assert [before, output_of(client, "greeting")] == ["none", "Hello"]


def test_runs_that_are_open_over_a_reload_end_and_a_call_is_made_once(
    dev: Dev, client: Client, tmp_path: Path
):
    begun, may_end = tmp_path / "begun", tmp_path / "may-end"
    waits = f"""Path({str(begun)!r}).open("a").write("once more")
    while not Path({str(may_end)!r}).exists():
        time.sleep(0.05)
    return 'OUTPUT'"""
    waiting = a_tool("waiting", waits, options='effect="once", timeout=100')
    asked = a_tool("asked", "return 'OUTPUT'", options='approval="always"')
    dev.says_when("waiting", "waiting.py", waiting.replace("OUTPUT", "the code with which it began"))
    dev.says_when("asked", "asked.py", asked)
    in_call = client.start(calls(("waiting", {})), text("ok"), tools=["waiting"])
    in_turn = client.start(calls(("first", {})), text("ok", seconds=20), tools=["first"])
    for_a_person = client.start(calls(("asked", {})), text("ok"), tools=["asked"])
    call_id = client.waiting(for_a_person)["call_id"]
    client.eventually(begun.exists)

    # The description changes, too: all that know of the tools run other code.
    changed = waiting.replace("OUTPUT", "the new code").replace("Say something", "Say something new")
    dev.says_when(r"reloaded in .* s: waiting$", "waiting.py", changed)
    dev.says_when(r"reloaded in .* s: asked$", "asked.py", asked.replace("OUTPUT", "the new code"))
    begun_meanwhile = begun.read_text()
    may_end.touch()
    client.decide(for_a_person, call_id, approve=True)
    runs = [client.ended(run_id) for run_id in (in_call, in_turn, for_a_person)]

    assert [run["status"] for run in runs] == ["completed"] * 3
    assert client.outputs_sent(in_call) == ["the code with which it began"]
    assert client.outputs_sent(for_a_person) == ["the new code"]
    assert (begun_meanwhile, begun.read_text()) == ("once more", "once more")
    assert [len(run["calls"]) for run in runs] == [1, 1, 1]


def test_another_one_joins_the_stack_and_leaves_it_up(dev: Dev, stack: Stack):
    with Dev(dev.directory, ("--json",)) as another:
        up = json.loads(another.says('"type": "up"'))
        another.says("Ctrl-C leaves the stack up")
        code = another.end()

    assert code == 0
    assert (up["api_url"], up["folder"]) == (stack.api_url, str(FOLDER))
    assert "stays up" in another.lines[-1]
    assert LocalStack(dev.directory).running() == stack
