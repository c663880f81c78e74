"""A command whose standard streams are closed does what it can, and says what it cannot."""

import os
import subprocess
import sys

import pytest

IN, OUT, ERR = "<&-", ">&-", "2>&-"


def runrelay(*words: str, closed: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a command without some of its streams."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {" ".join(closed)}', "sh", sys.executable, "-m", "runrelay", *words],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", [(OUT,), (ERR,), (IN, OUT, ERR)], ids=str)
def test_tools_are_listed_whatever_is_closed(closed: tuple[str, ...]):
    said = runrelay("tools", "list", closed=closed)

    assert (said.returncode, said.stderr) == (0, "")


def test_who_cannot_be_asked_is_told_what_to_say():
    said = runrelay("dlq", "drop", "--all", closed=(IN,))

    assert (said.returncode, said.stderr) == (1, "This deletes every dead letter for good: say --yes.\n")


def test_an_input_from_a_stream_that_is_closed_is_not_understood(tmp_path):
    (tmp_path / "stack.json").write_text('{"api_url": "http://127.0.0.1:9", "api_headers": {}}')

    said = runrelay("runs", "start", "--input", "-", "--directory", str(tmp_path), closed=(IN,))

    assert (said.returncode, "Traceback" in said.stderr) == (2, False)
    assert "standard input cannot be read" in said.stderr
