"""The SDK's own resource tests, from its source distribution, against the simulator.

`sdk/out_of_scope.toml` lists those that it is not held to. `sdk/stage.py` makes what the tests name.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

SDK = Path(__file__).parents[2] / ".local/sdk"
STAGE = Path(__file__).with_name("sdk")
ARGUMENTS = ("-p", "selection", "-p", "no:cacheprovider", "-o", "addopts=", "-n", "2", "-q", "--tb=short")
SECONDS = 400.0
LEAST = 1300
"""So many tests there are in scope at least: a list that swallows them all is noticed."""


@pytest.fixture(scope="module")
def outcomes(program):
    """How each of the SDK's tests that was run ended, by its id."""
    told = SDK / "outcomes.json"
    told.unlink(missing_ok=True)
    with program(str(STAGE / "stage.py"), log=SDK / "stage.log") as url:
        ended = subprocess.run(  # its own settings would have it use every processor
            [sys.executable, "-m", "pytest", "tests/api_resources", *ARGUMENTS],
            cwd=SDK / "openai",
            env=os.environ
            | {"TEST_API_BASE_URL": f"{url}/v1", "PYTHONPATH": str(STAGE), "SDK_OUTCOMES": str(told)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert told.exists(), ended.stdout[-5000:] + ended.stderr[-5000:]
    return json.loads(told.read_text())


def test_the_tests_are_those_of_the_sdk_that_is_installed():
    (source,) = SDK.glob("*.tar.gz")

    assert source.name == f"openai-{openai.__version__}.tar.gz"


def test_the_sdks_own_tests_pass_but_for_those_that_are_listed(outcomes):
    held = {test: told for test, told in outcomes.items() if told["probe_of"] is None}
    failed = {test: told["words"] for test, told in held.items() if told["outcome"] != "passed"}

    assert not failed, f"{len(failed)} of {len(held)} failed:\n\n" + "\n\n".join(
        f"{test}\n{words}" for test, words in list(failed.items())[:20]
    )
    assert len(held) > LEAST


def test_each_entry_of_the_list_still_fails(outcomes):
    probes = {told["probe_of"]: told["outcome"] for told in outcomes.values() if told["probe_of"]}

    assert probes == dict.fromkeys(_patterns(), "failed")


def _patterns() -> list[str]:
    sys.path.insert(0, str(STAGE))
    try:
        import selection  # noqa: PLC0415 - it is a plugin of the other run
    finally:
        sys.path.pop(0)
    return selection.patterns()
