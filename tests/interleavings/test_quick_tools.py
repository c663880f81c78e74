"""Tools run in this process for as long as they are told to, and no longer."""

import sys
from types import ModuleType

from functions.tools import child
from tests.interleavings.quick_tools import run_here, tools_run_here

RUN_IN_CHILD = child.run_in_child


def test_what_is_imported_meanwhile_runs_no_tool_here_afterwards(monkeypatch):
    late = ModuleType("functions.tools.imported_late")

    with tools_run_here():
        late.run_in_child = child.run_in_child  # type: ignore[attr-defined] - as `from ... import` does
        monkeypatch.setitem(sys.modules, late.__name__, late)
        runs = late.run_in_child

    assert (runs, late.run_in_child, child.run_in_child) == (run_here, RUN_IN_CHILD, RUN_IN_CHILD)
