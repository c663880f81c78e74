"""The tools of the small world, run in this process: a process of its own for each call takes longest."""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from functions.tools.child import Ending, NotBegun, Raised, Returned, run_in_child


def run_here[T](
    function: Callable[[], T],
    *,
    timeout_seconds: float,
    told_errors: Any,
    prepare: Callable[[], object] = lambda: None,
) -> Ending[T]:
    """Stand in for `run_in_child`, for tools that neither hang nor die."""
    is_begun = False
    try:
        prepare()
        is_begun = True
        return Returned(function())
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is an answer
        raised = Raised(str(error) if isinstance(error, told_errors) else None, traceback.format_exc())
        return raised if is_begun else NotBegun(raised)


@contextmanager
def tools_run_here() -> Iterator[None]:
    """Have tools run in this process while the block runs."""
    _replace(run_in_child, by=run_here)
    try:
        yield
    finally:
        _replace(run_here, by=run_in_child)  # in what was imported meanwhile, too


def _replace(runs: Any, *, by: Any) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("functions.tools.") and getattr(module, "run_in_child", None) is runs:
            module.run_in_child = by  # type: ignore[attr-defined]
