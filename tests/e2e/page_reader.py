"""Somebody who reads a page and does what it says, block by block: in one shell, and in one Python."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.harness.pages import Block

PYTHON = """
import contextlib, io, json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    asked, said, ended = json.loads(line), io.StringIO(), 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            exec(compile(asked["text"], asked["where"], "exec"), names)
        except BaseException:
            ended = 1
            traceback.print_exc()
    print(json.dumps([ended, said.getvalue()]), flush=True)
"""
END = "-- the end of this block --"
NOT_THE_READERS = ("TOOLS", "PARAMETERS", "MAKE", "MFLAGS", "RUNRELAY_", "PYTEST_", "OPENAI_")
"""Beginnings of variables that whoever runs the tests may have, and a reader has not."""


class FailedBlockError(AssertionError):
    """A block did not do what the page says."""


@dataclass
class Reader:
    """Runs blocks in a folder; what one of them leaves behind, variables too, the next one finds."""

    folder: Path
    environment: Mapping[str, str]
    _shell: subprocess.Popen[str] = field(init=False)
    _python: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        self._shell = self._start("bash", "-euo", "pipefail")
        self._python = self._start(sys.executable, "-c", PYTHON)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in (self._shell, self._python):
            program.stdin.close()
            program.wait(timeout=60)
            program.stdout.close()

    def do(self, block: Block, text: str) -> str:
        """Run a block, and give what it says.

        Raises:
            FailedBlockError: It failed, or one of its commands did.
        """
        ended, said = self._do_in_shell(text) if block.language == "sh" else self._do_in_python(block, text)
        if ended != 0:
            raise FailedBlockError(f"{block.where} failed:\n{text}\n{said}")
        return said

    def _do_in_shell(self, text: str) -> tuple[int, str]:
        self._shell.stdin.write(f"{text}\necho; echo '{END}'\n")
        self._shell.stdin.flush()
        said = []
        for line in self._shell.stdout:
            if line.strip() == END:
                return 0, "".join(said)
            said.append(line)
        return 1, "".join(said)  # a shell with -e ends where a command fails

    def _do_in_python(self, block: Block, text: str) -> tuple[int, str]:
        self._python.stdin.write(json.dumps({"text": text, "where": block.where}) + "\n")
        self._python.stdin.flush()
        ended, said = json.loads(self._python.stdout.readline() or '[1, "Python ended"]')
        return ended, said

    def _variables(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(NOT_THE_READERS)}
        return {**own, **self.environment}

    def _start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def with_ids(text: str, newest: Mapping[str, Any]) -> str:
    """Put the ids of a run in the place of `run_...` and `call_...`.

    Args:
        newest: The run, as the API shows it.
    """
    waiting = [
        call["call_id"]
        for call in newest.get("calls", ())
        if call["outcome"] == "awaiting_decision"
        or (call["outcome"] == "pending" and call["executor"] == "external")
    ]
    text = re.sub(r"\brun_\.\.\.", newest["run_id"], text)
    return re.sub(r"\bcall_\.\.\.", waiting[0], text) if waiting else text
