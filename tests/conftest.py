"""What every test may ask for."""

import gc
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.world import World

# No test times anything: machines here are noisy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exhaustive",
        action="store_true",
        help="every crash point, schedule, ... and not a sample of them: what `make proofs` runs",
    )
    parser.addoption(
        "--sample",
        action="store_true",
        help="of tests that differ in the kind of their run alone, one, drawn: what `make test` runs",
    )
    parser.addoption(
        "--branch-coverage",
        action="store_true",
        help="in the end, tell what was executed of functions/ and the layer",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--branch-coverage"):
        from tests.branch_coverage import BranchCoverage  # noqa: PLC0415 - measures all that is imported later

        config.pluginmanager.register(BranchCoverage())
    if config.getoption("--sample"):
        from tests import sampling  # noqa: PLC0415 - as above

        config.pluginmanager.register(sampling)


def pytest_collection_finish() -> None:
    # What was imported and collected stays: garbage is not looked for in it again, nor copied by each fork.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def is_exhaustive(request) -> bool:
    """Whether everything is tried, and not a sample."""
    return request.config.getoption("--exhaustive")


@pytest.fixture(scope="session")
def processors() -> int:
    """How many processors there are for each process that runs tests."""
    return max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


@pytest.hookimpl(optionalhook=True)  # where nothing spreads the tests, nobody asks
def pytest_xdist_make_scheduler(config, log):
    from tests.spread import scheduler  # noqa: PLC0415

    return scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config, specs):
    _say_if_piped(config, f"{len(specs)} processes import and collect the tests, each for itself ...")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    _say_if_piped(node.config, f"  {node.gateway.id} has found {len(ids)}")


def _say_if_piped(config: pytest.Config, words: str) -> None:
    """Say what xdist says on a terminal alone."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(terminal, pytest.TerminalReporter) and not terminal.isatty:
        terminal.write_line(words)
        terminal.flush()


@pytest.hookimpl(trylast=True)  # once they are shuffled
def pytest_collection_modifyitems(config, items):
    if config.pluginmanager.has_plugin("xdist"):
        from tests.spread import put_long_ones_first  # noqa: PLC0415

        put_long_ones_first(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    summary.show(terminalreporter)


@pytest.fixture
def world(socket_enabled) -> "Iterator[World]":
    """The whole system in this process, empty; whatever is announced in it keeps to docs/events."""
    from tests.harness import announced  # noqa: PLC0415 - not every test has to do with it
    from tests.harness.world import harness  # noqa: PLC0415 - it imports everything there is

    with harness() as empty:
        yield empty
        for event in announced.sent(empty.wire.exchanges):
            announced.check(event)
