"""How tests are spread over processes: one by one, but those that share the local stack keep to one process.

(`--dist loadgroup` would do, but its mark comes to nothing with pytest 9: a group is not kept together.)
"""

from pathlib import PurePath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

OWN_STACK = {"test_demo.py", "test_neighbours.py", "test_poll_delivery.py", "test_soak.py"}
"""Files of end-to-end tests that start a stack of their own."""


class OneStack(LoadScopeScheduling):
    """Hands out single tests, and the end-to-end tests as one lot, which is the largest and so the first."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        shares_a_stack = "e2e" in file.parts and file.name not in OWN_STACK
        return "the local stack" if shares_a_stack else nodeid


def scheduler(config: Any, log: Any) -> OneStack:
    """Make xdist's scheduler."""
    return OneStack(config, log)
