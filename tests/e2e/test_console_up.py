"""The console beside a local stack: as `make up` serves it, `make down` stops it; and without its needs."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest

from runrelay.stack import Stack
from tasks import console
from tasks.checkout import ROOT
from tasks.daemon import Daemon
from tasks.local_stack import LocalStack

SERVE = """
import sys, pathlib, runrelay.stack, tasks.console
directory = pathlib.Path(sys.argv[1])
tasks.console.served(directory, runrelay.stack.Stack.read(directory / "stack.json"))
"""


@pytest.fixture
def directory(stack: Stack, tmp_path: Path) -> Iterator[Path]:
    """A local stack's, as far as its console knows."""
    (tmp_path / "logs").mkdir()
    replace(stack, console_url=None).write(tmp_path / "stack.json")
    yield tmp_path
    console.stop(tmp_path)


def up(directory: Path) -> Stack:
    """Do what `make up` does once the stack is up, in a process that ends."""
    subprocess.run([sys.executable, "-c", SERVE, directory], cwd=ROOT, check=True, timeout=120)
    return Stack.read(directory / "stack.json")


def opened(url: str) -> int:
    with httpx2.Client(trust_env=False, follow_redirects=True) as http:
        return http.get(url).status_code


def test_its_address_stands_in_the_file_of_the_stack_for_its_owner_only(directory: Path):
    stack = up(directory)

    path = directory / "stack.json"
    assert stack.console_url
    assert json.loads(path.read_text())["console_url"] == stack.console_url
    assert stat.filemode(path.stat().st_mode) == "-rw-------"
    assert opened(stack.console_url) == 200
    token = stack.console_url.partition("token=")[2]
    assert token not in (directory / "logs/console.log").read_text()
    assert token not in (directory / "console.pid.json").read_text()


def test_served_anew_it_keeps_its_address(directory: Path):
    first, again = up(directory), up(directory)

    assert again.console_url == first.console_url
    assert again.pids["console"] != first.pids["console"]
    assert opened(str(again.console_url)) == 200


def test_it_ends_with_the_stack(directory: Path):
    stack = up(directory)
    daemon = Daemon.recorded(directory / "console.pid.json")

    LocalStack(directory).stop()

    assert not daemon.is_running()
    with pytest.raises(httpx2.ConnectError):
        opened(str(stack.console_url))


def run(*options: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command, after some code."""
    words = f"{code}\nfrom runrelay.__main__ import main\nimport sys\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", words, "console", *options],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_where_what_it_needs_is_not_installed_it_says_how_to_get_it():
    done = run(code="import sys\nsys.modules['jinja2'] = None")

    assert done.returncode == 1
    assert "pip install 'runrelay[console]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_ended_with_a_page_open_it_ends_without_a_traceback(directory: Path):
    command = [sys.executable, "-m", "runrelay", "console", "--directory", str(directory)]
    with (
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child,
        httpx2.Client(trust_env=False, follow_redirects=True, timeout=30) as http,
    ):
        assert child.stdout
        url = child.stdout.readline().strip()
        assert http.get(url).is_success
        with http.stream("GET", urljoin(url, "/live"), params={"of": "/", "stale": ""}) as events:
            lines = events.iter_lines()
            assert next(lines) == "event: change"
            child.terminate()
            assert not any(line.startswith("event:") for line in lines)
        _, said = child.communicate(timeout=30)

    assert said.splitlines() == ["Open it in a browser; Ctrl-C ends it."]


def test_a_port_that_is_taken_is_told(directory: Path, stack: Stack):
    port = stack.simulator_url.rpartition(":")[2]

    done = run("--port", port, "--directory", str(directory))

    assert (done.returncode, f"Port {port} is taken" in done.stderr) == (1, True)


def test_a_token_that_could_be_guessed_is_refused(directory: Path):
    done = run("--directory", str(directory), RUNRELAY_CONSOLE_TOKEN="console")

    assert (done.returncode, "too short" in done.stderr) == (1, True)


def test_a_stack_that_is_not_there_is_told(tmp_path: Path):
    done = run("--directory", str(tmp_path))

    assert done.returncode == 1
    assert "stack.json is not there" in done.stderr
