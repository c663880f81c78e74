import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks import scratch
from tasks.daemon import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    (tmp_path / "logs").mkdir()
    started = Daemon.start("sleep", ["sleep", "60.0625"], directory=tmp_path, environment=dict(os.environ))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(scratch, "IN_MEMORY", folder)
    monkeypatch.setattr(scratch, "ROOM_NEEDED", 0)
    return folder


def test_the_data_of_a_stack_that_runs_is_left_alone(tmp_path: Path, daemon: Daemon):
    data = scratch.make(tmp_path / "data")
    scratch.give_to(daemon, data)

    scratch.sweep()

    assert data.is_dir()


def test_the_data_of_a_stack_that_was_killed_is_removed_when_the_next_one_starts(
    tmp_path: Path, daemon: Daemon, memory: Path
):
    data = scratch.make(tmp_path / "data")
    scratch.give_to(daemon, data)
    daemon.stop()

    scratch.sweep()

    assert list(memory.iterdir()) == []


def test_data_that_is_nobodys_yet_is_left_alone(tmp_path: Path):
    data = scratch.make(tmp_path / "data")

    scratch.sweep()

    assert data.is_dir()
