"""Run a program that takes long, and say that it goes on: for `make`, while there is no environment yet."""

import subprocess
import sys
import time
from typing import Final

SECONDS_BETWEEN_LINES: Final = 10
INTERRUPTED: Final = 130


def main(doing: str, *command: str) -> int:
    """Run a program to its end, and give its exit code."""
    started = time.monotonic()
    _say(f"{doing} ...")
    with subprocess.Popen(command) as process:
        while (status := _status(process)) is None:
            _say(f"  {time.monotonic() - started:.0f} s ...")
    _say(f"{'✗' if status else '✓'} {doing} {time.monotonic() - started:.1f} s")
    return status


def _status(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(SECONDS_BETWEEN_LINES)
    except subprocess.TimeoutExpired:
        return None
    except KeyboardInterrupt:  # which the program got as well
        process.wait()
        return INTERRUPTED


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
