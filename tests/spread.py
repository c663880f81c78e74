"""How tests are spread over processes: one by one, but those that use a local stack keep to three of them.

(`--dist loadgroup` would do, but its mark comes to nothing with pytest 9: a group is not kept together.)
"""

from pathlib import PurePath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LOTS = {
    "how stacks work": {
        "test_burst.py",
        "test_changed_code.py",
        "test_console_many.py",
        "test_neighbours.py",
        "test_pages_run.py",
        "test_poll_delivery.py",
        "test_soak.py",
    },
    "how stacks are made": {
        "test_demo.py",
        "test_dev.py",
        "test_deploy.py",
        "test_endpoint_life.py",
        "test_team_tools.py",
        "test_deploy_over_older.py",
        "test_uninstalling.py",
        "test_upgrade.py",
    },
}
"""Files of end-to-end tests that start stacks of their own, one after the other in each lot."""

TOGETHER = {"test_team_artifact.py"}
"""Files whose tests make one thing in one place, which no two processes may do at once."""

LONG = {"test_crash_points.py"}
"""Files whose tests take longest of those that go one by one."""


class FewStacks(LoadScopeScheduling):
    """Hands out single tests, and the end-to-end tests as three lots: the largest, and so the first."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        if "e2e" not in file.parts:
            return file.name if file.name in TOGETHER else nodeid
        return next((lot for lot, files in LOTS.items() if file.name in files), "the local stack")


def scheduler(config: Any, log: Any) -> FewStacks:
    """Make xdist's scheduler."""
    return FewStacks(config, log)


def put_long_ones_first(items: list[pytest.Item]) -> None:
    """Have what takes longest begun first, so that all processes come to their end together."""
    items.sort(key=lambda item: item.path.name not in LONG)
