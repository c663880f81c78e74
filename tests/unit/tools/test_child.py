"""A tool's process: whatever happens in it becomes an ending, in time, and nothing of it stays."""

import asyncio
import multiprocessing
import os
import resource
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from functions.tools.child import (
    MAX_DETAIL_CHARACTERS,
    Died,
    Ending,
    NotBegun,
    Raised,
    Returned,
    TimedOut,
    run_in_child,
)
from functions.tools.output import output_of
from functions.tools.tool import ToolError

SHORT = 0.3


@dataclass
class Refund:
    cents: int


class Order(BaseModel):
    placed_at: datetime


def run(function: Callable[[], Any], *, timeout_seconds: float = 10) -> Ending[str]:
    return run_in_child(
        lambda: output_of(function()).text, timeout_seconds=timeout_seconds, told_errors=ToolError
    )


def raising(error: BaseException) -> Callable[[], Any]:
    def function() -> None:
        raise error

    return function


def spin() -> None:
    while True:
        pass


def block() -> None:
    os.read(os.pipe()[0], 1)


def sleep_through_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(60)


def never_let_go() -> None:
    while True:
        try:
            time.sleep(60)
        except BaseException:  # noqa: BLE001 - that is the point
            continue


def open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


@pytest.fixture(autouse=True)
def _nothing_stays():
    """No process and no open pipe is left behind, whatever the ending."""
    files = open_files()
    yield
    assert multiprocessing.active_children() == []
    assert open_files() <= files


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ("hello", "hello"),
        ("", ""),
        ("é\U0001f600\x00", "é\U0001f600\x00"),
        (None, "null"),
        (True, "true"),
        (7, "7"),
        ({"a": [1, "b", None]}, '{"a":[1,"b",null]}'),
        ([Refund(5)], '[{"cents":5}]'),
        (Order(placed_at=datetime(2026, 11, 21, tzinfo=UTC)), '{"placed_at":"2026-11-21T00:00:00Z"}'),
        (datetime(2026, 11, 21, tzinfo=UTC), '"2026-11-21T00:00:00Z"'),
    ],
    ids=repr,
)
def test_text_is_returned_as_it_is_and_anything_else_as_json(value, output):
    assert run(lambda: value) == Returned(output)


def test_an_output_of_ten_megabytes_comes_whole():
    assert run(lambda: "x" * 10_000_000) == Returned("x" * 10_000_000)


def test_an_exception_keeps_its_words_to_people():
    ending = run(raising(ValueError("the password is swordfish")))

    assert isinstance(ending, Raised)
    assert ending.for_model is None
    assert "ValueError: the password is swordfish" in ending.detail


class MuteError(ToolError):
    def __str__(self) -> str:
        raise KeyError


@pytest.mark.parametrize("error", [ToolError(), ToolError(""), MuteError("never said")], ids=repr)
def test_a_tool_error_without_words_is_an_error_like_any_other(error: ToolError):
    def refuse() -> None:
        raise error

    ending = run_in_child(refuse, timeout_seconds=5, told_errors=ToolError)

    assert isinstance(ending, Raised)
    assert ending.for_model is None


def test_a_tool_error_speaks_to_the_model():
    ending = run(raising(ToolError("There is no such order.")))

    assert isinstance(ending, Raised)
    assert ending.for_model == "There is no such order."


def test_a_traceback_begins_where_the_tool_does():
    ending = run(raising(ValueError("x")))

    assert isinstance(ending, Raised)
    assert "/functions/tools/" not in ending.detail
    assert ending.detail.startswith(f'Traceback (most recent call last):\n  File "{__file__}", line ')


def test_a_long_traceback_keeps_its_end():
    ending = run(raising(ValueError("x" * 100_000 + "the end")))

    assert isinstance(ending, Raised)
    assert len(ending.detail) == MAX_DETAIL_CHARACTERS
    assert ending.detail.endswith("the end\n")


def never() -> None:
    raise AssertionError("it was begun")


@pytest.mark.parametrize(
    ("prepare", "because"),
    [
        (raising(ToolError("No such zone.")), "No such zone."),
        (raising(KeyError("zone")), "zone"),
        (lambda: os._exit(3), Died(3)),
        (lambda: time.sleep(60), TimedOut()),
    ],
    ids=["tells the model", "raises", "dies", "hangs"],
)
def test_a_function_is_not_begun_if_what_comes_before_it_fails(prepare, because):
    ending = run_in_child(never, timeout_seconds=SHORT * 3, told_errors=ToolError, prepare=prepare)

    assert isinstance(ending, NotBegun)
    if isinstance(because, str):
        assert isinstance(ending.because, Raised)
        assert because in ending.because.detail
    else:
        assert ending.because == because


def test_what_comes_before_a_function_shares_its_process_and_its_time():
    known: list[int] = []

    def prepare() -> None:
        known.append(os.getpid())
        time.sleep(SHORT)

    def function() -> list[int]:
        return [*known, os.getpid()]

    ending = run_in_child(function, timeout_seconds=10, told_errors=ToolError, prepare=prepare)
    assert isinstance(ending, Returned)
    assert len(set(ending.value)) == 1
    late = run_in_child(
        lambda: time.sleep(SHORT), timeout_seconds=SHORT * 1.5, told_errors=ToolError, prepare=prepare
    )
    assert late == TimedOut()


@pytest.mark.parametrize(
    ("function", "exit_code"),
    [
        (lambda: os._exit(3), 3),
        (lambda: os._exit(0), 0),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL),
    ],
    ids=["_exit", "_exit well", "out of memory"],
)
def test_a_process_that_ends_without_a_word_has_died(function, exit_code):
    assert run(function) == Died(exit_code)


ENDS = [
    (lambda: sys.exit(4), "SystemExit: 4"),
    (sys.exit, "SystemExit"),
    (raising(SystemExit("no more")), "SystemExit: no more"),
    (raising(KeyboardInterrupt("a key")), "KeyboardInterrupt: a key"),
    (raising(asyncio.CancelledError("too late")), "asyncio.exceptions.CancelledError: too late"),
    (
        raising(BaseExceptionGroup("both", [KeyboardInterrupt()])),
        "BaseExceptionGroup: both (1 sub-exception)",
    ),
]


@pytest.mark.parametrize(("function", "words"), ENDS, ids=[words for _, words in ENDS])
def test_what_is_raised_and_is_no_exception_is_told_as_others_are(function, words, capfd):
    ending = run(function)

    assert isinstance(ending, Raised)
    assert ending.for_model is None
    assert words in ending.detail
    assert capfd.readouterr() == ("", "")


class RudeError(ToolError):
    def __str__(self) -> str:
        raise SystemExit("never said")

    @property
    def __notes__(self) -> list[str]:
        raise SystemExit("nor that")


def test_an_error_whose_own_code_ends_the_process_is_told_by_its_name(capfd):
    ending = run(raising(RudeError()))

    assert isinstance(ending, Raised)
    assert ending.for_model is None
    assert "RudeError" in ending.detail
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("forked_ends", "exit_code"),
    [
        (sys.exit, 0),
        (lambda: sys.exit(3), 3),
        (raising(SystemExit("not mine")), 1),
        (raising(ValueError("not mine")), 1),
        (lambda: "not mine", 0),
    ],
)
def test_a_process_that_a_tool_has_forked_says_nothing_for_it(forked_ends, exit_code, capfd):
    def fork() -> Any:
        if (forked := os.fork()) == 0:
            return forked_ends()
        return os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])

    assert run(fork) == Returned(str(exit_code))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("function", [spin, block, sleep_through_signals, never_let_go])
def test_a_tool_that_hangs_is_ended_at_its_timeout(function):
    started = time.monotonic()

    ending = run(function, timeout_seconds=SHORT)

    assert ending == TimedOut()
    assert SHORT <= time.monotonic() - started < 20


def test_a_tool_that_closes_every_file_and_hangs_is_not_waited_for():
    def close_everything() -> None:
        os.closerange(3, 1000)
        time.sleep(60)

    started = time.monotonic()

    assert isinstance(run(close_everything), Died)
    assert time.monotonic() - started < 20


def test_a_process_that_dies_in_the_middle_of_its_words_has_died():
    files_of_the_caller = open_files()

    def half_a_word() -> None:
        for file in open_files() - files_of_the_caller:
            with suppress(OSError):
                os.write(int(file), struct.pack("!i", 100) + b"half of it")
        os._exit(5)

    assert run(half_a_word) == Died(5)


@pytest.mark.parametrize(
    "said", [b"\0\0\0\5hello", b"\xff\xff\xff\xff" + b"\x7f" * 8, b"\0\0\0\nI1\n.\0\0\0\0\0"]
)
def test_a_tool_that_writes_into_files_which_are_not_its_own_has_died(said: bytes):
    files_of_the_caller = open_files()

    def write_everywhere() -> str:
        for file in open_files() - files_of_the_caller:
            with suppress(OSError):
                os.write(int(file), said)
        return "done"

    assert isinstance(run(write_everywhere), Died)


def test_a_tool_that_leaves_no_file_to_be_opened_has_said_what_it_said():
    def leak() -> str:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        return "done"

    assert run(leak) == Returned("done")


def test_what_a_tool_prints_is_not_its_output(capfd):
    def chatty() -> str:
        print("to standard output")
        print("to standard error", file=sys.stderr)
        os.write(1, b"raw\n")
        return "result"

    assert run(chatty) == Returned("result")
    assert "raw" in capfd.readouterr().out


@pytest.mark.parametrize("ends_with", [lambda: "done", lambda: os._exit(1), lambda: time.sleep(60)])
def test_what_a_tool_started_ends_with_it(ends_with, tmp_path: Path):
    def start_another() -> Any:
        another = subprocess.Popen(["sleep", "60"])
        (tmp_path / "pid").write_text(str(another.pid))
        return ends_with()

    run(start_another, timeout_seconds=2)

    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_tool_may_use_processes_of_its_own():
    def parallel() -> int:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.apply(abs, (-3,))

    assert run(parallel) == Returned("3")


def test_a_tool_changes_nothing_in_its_caller():
    facts = {"value": 1}

    def change() -> None:
        facts["value"] = 2
        os.environ["CHANGED_BY_A_TOOL"] = "1"

    run(change)

    assert facts == {"value": 1}
    assert "CHANGED_BY_A_TOOL" not in os.environ
