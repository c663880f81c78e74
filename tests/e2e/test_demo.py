"""`make demo`, from the outside."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tasks.demo.stories import STORIES
from tests.harness.hearing import HEARING_CTRL_C


def demo(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*HEARING_CTRL_C, sys.executable, "-m", "tasks", "demo", "--directory", str(directory), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_demo_ends_with_0_when_every_run_ended_as_it_should(tmp_path: Path):
    with demo(tmp_path, "--pace", "0.2") as playing:
        shown, _ = playing.communicate()

    assert playing.returncode == 0, shown
    assert "✓ Every run ended as it should." in shown
    assert all(f"\n{story.name}  " in shown for story in STORIES)
    assert {story.kind for story in STORIES} == {"response", "session", "thread"}
    assert "waits for a person's decision" in shown
    assert "a person  ☞  POST" in shown
    assert "found by a check, before any webhook" in shown.partition("lost webhook")[2]
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path):
    with demo(tmp_path) as playing:
        while not (tmp_path / "stack.json").exists():
            assert playing.poll() is None
            time.sleep(0.1)
        playing.send_signal(signal.SIGINT)
        shown, _ = playing.communicate()

    assert playing.returncode == 128 + signal.SIGINT, shown
    assert "Traceback" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]
