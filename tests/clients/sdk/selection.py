"""A plugin of the pytest that runs the SDK's own tests: those that `out_of_scope.toml` does not list.

Of what an entry lists only one test is run: it has to fail, or the entry is stale.
"""

import json
import os
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

HERE = "tests/api_resources/"
LISTED = Path(__file__).with_name("out_of_scope.toml")


def patterns() -> list[str]:
    """List all that is listed, whatever for."""
    groups = tomllib.loads(LISTED.read_text())
    return [test for entries in groups.values() for entry in entries for test in entry["tests"]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = dict.fromkeys(patterns())
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        pattern = next((each for each in missing if fnmatch(item.nodeid, f"{HERE}{each}")), None)
        is_probe = pattern is not None and missing[pattern] is None and _reaches_the_server(item)
        if is_probe:
            missing[pattern] = item.nodeid
            item.user_properties.append(("probe_of", pattern))
        is_held = pattern is None and not _is_mocked(item)
        (kept if is_held or is_probe else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def _reaches_the_server(item: pytest.Item) -> bool:
    return item.name.startswith("test_method_") and not _is_mocked(item)


def _is_mocked(item: pytest.Item) -> bool:
    """Whether a mock answers: the SDK downloads from no server."""
    return "respx2_mock" in getattr(item, "fixturenames", ())


class Outcomes:
    """Writes down how each test ended, in the process that hears of all of them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told: dict[str, dict[str, str | None]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            probe_of = dict(report.user_properties).get("probe_of")
            told = {
                "outcome": report.outcome,
                "probe_of": probe_of if isinstance(probe_of, str) else None,
                "words": report.longreprtext[-2000:],
            }
            self._told[report.nodeid.removeprefix(HERE)] = told

    def pytest_sessionfinish(self) -> None:
        self._file.write_text(json.dumps(self._told))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(Path(os.environ["SDK_OUTCOMES"])))
