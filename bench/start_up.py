"""How long functions take to start: imports and module code, in fresh interpreters, from the built artifact.

Machines differ and so do minutes, so only ratios count: a function and what it is compared with take turns,
each pair starts within moments, and both load the same artifact's bytecode. It is processor time, for an
import waits for nothing, and a busy neighbour is not counted.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.harness.template import REGION, Template

PAIRS = 25
LAYER = "ContractsLayer/python"
MOST_PACKAGES = 10
STANDARD_LIBRARY = {name.strip("_") for name in sys.stdlib_module_names}

# Writes the seconds of the code alone; the interpreter's own start is not counted.
PROGRAM = """
import sys
sys.path[:0] = {folders!r}
from time import process_time
began = process_time()
{code}
sys.stdout.write(repr(process_time() - began))
"""


@dataclass(frozen=True)
class Start:
    """Something that starts: which function's folder it loads from, and the code that is timed."""

    name: str
    function: str
    code: str


@dataclass(frozen=True)
class Comparison:
    """A function, what it is compared with, and the most that the median ratio may be."""

    subject: Start
    reference: Start
    limit: float


@dataclass(frozen=True)
class Ratio:
    """What a comparison came to: the ratio of the least times, and the median of the pairs' ratios."""

    least: float
    median: float


WEBHOOK = Start("WebhookFunction", "WebhookFunction", "import functions.webhook.app")
WORKER = Start("WorkerFunction", "WorkerFunction", "import functions.worker.app")
BARE_SQS = "import boto3; boto3.client('sqs')"

COMPARISONS = (
    Comparison(WEBHOOK, Start("a bare boto3 SQS handler", "WebhookFunction", BARE_SQS), 1.15),
    Comparison(
        WEBHOOK,
        Start("one that imports openai", "WorkerFunction", f"import openai; {BARE_SQS}"),
        0.4,
    ),
    Comparison(
        WORKER,
        Start("a bare import of openai and a boto3 client", "WorkerFunction", f"import openai; {BARE_SQS}"),
        1.1,
    ),
)


def compare(comparison: Comparison, artifact: Path, pairs: int = PAIRS) -> Ratio:
    """Start both by turns, the first pair only to warm the page cache."""
    times = [
        (seconds_to_start(comparison.subject, artifact), seconds_to_start(comparison.reference, artifact))
        for _ in range(pairs + 1)
    ][1:]
    subjects, references = zip(*times, strict=True)
    return Ratio(min(subjects) / min(references), median(a / b for a, b in times))


def seconds_to_start(start: Start, artifact: Path) -> float:
    """Start something once in an interpreter of its own."""
    return float(_run([], start, artifact).stdout.rpartition("\n")[2])


def where_time_goes(start: Start, artifact: Path) -> list[tuple[str, float]]:
    """Name the packages whose modules take longest to run, each as a share of all imports.

    What a module does counts for its own package, what it imports does not.
    """
    lines = _run(["-X", "importtime"], start, artifact).stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")]
    packages: Counter[str] = Counter()
    for own, _, name in rows:
        if own.strip().isdigit():
            packages[_package(name.strip())] += int(own)
    return [(name, own / packages.total()) for name, own in packages.most_common(MOST_PACKAGES)]


def _package(module: str) -> str:
    name = module.partition(".")[0]
    return "the standard library" if name.strip("_") in STANDARD_LIBRARY else name


def _run(options: Sequence[str], start: Start, artifact: Path) -> subprocess.CompletedProcess[str]:
    folders = [str(artifact / start.function), str(artifact / LAYER)]
    program = PROGRAM.format(folders=folders, code=start.code)
    return subprocess.run(
        [sys.executable, "-I", "-S", *options, "-c", program],
        env=environment(start.function),
        check=True,
        capture_output=True,
        text=True,
    )


def environment(function: str) -> Mapping[str, str]:
    """Give what Lambda gives: the template's variables, a region and (useless) credentials."""
    credentials = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    return {"PATH": os.environ["PATH"], **credentials, **region, **Template({}).environment(function)}
