"""What a team's tools are, found out as Lambda would: in a bare interpreter, with only what it gets."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from runrelay.command_line import CommandError
from tasks.checkout import ROOT
from tasks.team.settings import REGION

SECONDS: Final = 120
UNLIKE_ANY_ACCOUNT: Final = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": REGION,
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
"""Variables; importing a tool asks nobody."""

PROGRAM: Final = """
import sys
folders, package, seconds, output = sys.argv[1:]
sys.path[:0] = folders.splitlines()
from functions.tools.entries import main
main(package, seconds, output)
"""


def entries(
    package: str, folders: Sequence[Path], variables: dict[str, str], function_seconds: int
) -> list[dict[str, Any]]:
    """Import a package of tools from these folders and give the entries of its catalog.

    Raises:
        CommandError: Something in it cannot be; a line for each mistake.
    """
    environment = {**UNLIKE_ANY_ACCOUNT, **variables}
    path = "\n".join(map(str, [*folders, ROOT / "layers/contracts"]))
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory) / "report.json"
        command = [
            sys.executable,
            "-I",
            "-S",
            "-B",
            "-c",
            PROGRAM,
            path,
            package,
            str(function_seconds),
            str(output),
        ]
        _run(command, environment, package, output)
        report = json.loads(output.read_text())
    if report["mistakes"]:
        raise CommandError("\n".join(report["mistakes"]))
    found: list[dict[str, Any]] = report["entries"]
    return found


def _run(command: list[str], environment: dict[str, str], package: str, output: Path) -> None:
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{package}: importing it takes longer than {SECONDS} s.") from error
    if done.returncode or not output.exists():  # what ends itself may say that all is well
        said = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise CommandError(f"{package}: importing it ended Python with code {done.returncode}: {said}")
