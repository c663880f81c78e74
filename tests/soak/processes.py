"""The processes of the functions: MiniStack runs each instance of a function as a child of its own."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from runrelay.stack import Stack

FUNCTIONS: Final = ("WebhookFunction", "WorkerFunction", "ToolFunction", "ApiFunction", "SweeperFunction")
"""Logical ids, which are part of a function's name, and so of the folder that its process runs in."""


@dataclass(frozen=True, slots=True)
class Process:
    """One instance of a function."""

    function: str
    pid: int

    def kill(self) -> bool:
        """End it without a word, as a lack of memory does; say whether it was still there."""
        return self._send(signal.SIGKILL)

    def freeze(self) -> bool:
        """Have it hang until somebody ends it, as Lambda does at the function's timeout."""
        return self._send(signal.SIGSTOP)

    def _send(self, word: signal.Signals) -> bool:
        with suppress(ProcessLookupError):
            os.kill(self.pid, word)
            return True
        return False


def running(stack: Stack) -> list[Process]:
    """List the instances of this stack's functions, and of no other stack's, in the order of their pids.

    The tool function's own children, which run the tools, are not among them.
    """
    command = ["ps", "-ax", "-ww", "-o", "pid=,ppid=,command="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = (_process(line, stack.pids["ministack"]) for line in listed)
    return sorted((each for each in found if each), key=lambda each: each.pid)


def _process(line: str, parent: int) -> Process | None:
    pid, ppid, command = line.split(None, 2)
    if int(ppid) != parent:
        return None
    function = next((each for each in FUNCTIONS if f"-{each}-" in command), None)
    return Process(function, int(pid)) if function else None
