"""How long do functions take to start, through Lambda's own runtime client, from the built artifact?

Machines differ and so do minutes, so only ratios count. In each round every subject starts once, in a process
of its own, within moments of the others and from the same artifact; a ratio is the median over the rounds.
Processor time says what a start takes, for it waits for nothing; the time on the clock stands beside it, and
has the neighbours of this machine in it. The interpreter and the runtime client start with every function:
`above` leaves out what an empty handler takes, `whole` does not.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from subprocess import CompletedProcess, run

from bench import runtime_stub
from bench.answers import Answer, Scale, Sheet
from runrelay.progress import step
from tasks.artifact import built, host_architecture
from tasks.checkout import ROOT
from tests.harness.template import REGION, Template

ROUNDS = 15
LAYER = "ContractsLayer/python"
MOST_PACKAGES = 10
STANDARD_LIBRARY = {name.strip("_") for name in sys.stdlib_module_names}

EMPTY = "an empty handler"
BARE_SQS = "a bare boto3 SQS handler"
BARE_OPENAI = "one that imports openai too"

BARE = {
    EMPTY: ("WebhookFunction", ""),
    BARE_SQS: ("WebhookFunction", "import boto3\nclient = boto3.client('sqs')\n"),
    BARE_OPENAI: ("WorkerFunction", "import boto3\nimport openai\nclient = boto3.client('sqs')\n"),
}
"""What functions are compared with: which of them it borrows its libraries from, and its module code."""

HEADINGS = (
    *("", "above, to boto3", "above, to openai", "whole, to boto3", "clock, to boto3"),
    *("without bytecode", "modules"),
)
NOTES = (
    "above: processor time beyond an empty handler's. whole: with the interpreter. clock: by the clock.",
    "to boto3: to a bare boto3 SQS handler. to openai: to one that imports `openai` as well.",
)

FUNCTIONS = ("webhook", "worker", "api", "tools", "sweeper", "endpoint", "trace")
LOGICAL_IDS = {name: f"{'Tool' if name == 'tools' else name.capitalize()}Function" for name in FUNCTIONS}


@dataclass(frozen=True)
class Start:
    """Something that starts.

    Attributes:
        folders: Where it is imported from, in order.
        options: Of the interpreter.
    """

    name: str
    handler: str
    folders: tuple[Path, ...]
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One function's start, as ratios.

    Attributes:
        to_boto3: Processor time above an empty handler's, to a bare boto3 handler's.
        to_openai: The same, to a handler that imports `openai` too.
        whole_to_boto3: With the interpreter and the runtime client, to the same of a bare boto3 handler.
        clock_to_boto3: As that, by the clock.
        without_bytecode: Processor time when every module is compiled as it is imported, to that as deployed.
        modules: How many are loaded.
    """

    name: str
    to_boto3: float
    to_openai: float
    whole_to_boto3: float
    clock_to_boto3: float
    without_bytecode: float
    modules: int


def rows(rounds: int = ROUNDS) -> list[Row]:
    """Measure the functions, and what they are compared with."""
    with _subjects() as (subjects, uncompiled):
        taken: dict[str, list[runtime_stub.Started]] = {each.name: [] for each in subjects}
        compiled_anew: dict[str, list[runtime_stub.Started]] = {each.name: [] for each in uncompiled}
        for at in range(rounds + 1):  # the first only warms the page cache
            for each in subjects:
                started = _start(each)
                taken[each.name] += [started] if at else []
        for _ in range(max(1, rounds // 5)):
            for each in uncompiled:
                compiled_anew[each.name].append(_start(each))
        return [_row(each, taken, compiled_anew.get(each.name, [])) for each in subjects]


def _start(each: Start) -> runtime_stub.Started:
    return runtime_stub.start(each.handler, each.folders, each.environment, options=each.options)


def _row(
    subject: Start,
    taken: Mapping[str, Sequence[runtime_stub.Started]],
    compiled_anew: Sequence[runtime_stub.Started],
) -> Row:
    whole = {name: [each.processor_seconds for each in starts] for name, starts in taken.items()}
    above = {name: [a - b for a, b in zip(each, whole[EMPTY], strict=True)] for name, each in whole.items()}
    clock = {name: [each.seconds for each in starts] for name, starts in taken.items()}
    own, anew = median(whole[subject.name]), [each.processor_seconds for each in compiled_anew]
    return Row(
        name=subject.name,
        to_boto3=_ratio(above[subject.name], above[BARE_SQS]),
        to_openai=_ratio(above[subject.name], above[BARE_OPENAI]),
        whole_to_boto3=_ratio(whole[subject.name], whole[BARE_SQS]),
        clock_to_boto3=_ratio(clock[subject.name], clock[BARE_SQS]),
        without_bytecode=median(anew) / own if anew else 0.0,
        modules=runtime_stub.modules_loaded(
            subject.handler.rpartition(".")[0], subject.folders, subject.environment
        ),
    )


def _ratio(subject: Sequence[float], reference: Sequence[float]) -> float:
    return median(a / b for a, b in zip(subject, reference, strict=True))


@contextmanager
def _subjects() -> Iterator[tuple[list[Start], list[Start]]]:
    """Give what is started: as deployed, and the functions from sources alone."""
    with (
        built(host_architecture()) as template,
        runtime_stub.runtime_client() as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        artifact, bare = template.parent, Path(folder)
        subjects = [
            _bare_start(name, f"bare_{at}", bare, (artifact / BARE[name][0], client))
            for at, name in enumerate(BARE)
        ]
        functions = [_as_deployed(each, artifact, client) for each in FUNCTIONS]
        yield [*subjects, *functions], [_from_sources(each, client) for each in functions]


def _bare_start(name: str, module: str, folder: Path, libraries: tuple[Path, ...]) -> Start:
    _, code = BARE[name]
    (folder / f"{module}.py").write_text(f"{code}\ndef handler(event, context):\n    return {{}}\n")
    return Start(name, f"{module}.handler", (folder, *libraries), environment("WebhookFunction"))


def _as_deployed(function: str, artifact: Path, client: Path) -> Start:
    logical_id = LOGICAL_IDS[function]
    return Start(
        f"{logical_id}",
        f"functions.{function}.app.handler",
        (artifact / logical_id, artifact / LAYER, client),
        environment(logical_id),
    )


def _from_sources(start: Start, client: Path) -> Start:
    """Have a function import what is in this checkout, and find no bytecode for any of it."""
    packages = next(Path(each) for each in sys.path if each.endswith("site-packages"))
    folders = (ROOT, ROOT / "layers/contracts", packages, client)
    return Start(
        start.name, start.handler, folders, start.environment, ("-B", "-X", "pycache_prefix=/nonexistent")
    )


def environment(function: str) -> Mapping[str, str]:
    """Give what Lambda gives: the template's variables, a region and (useless) credentials."""
    credentials = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    return {"PATH": os.environ["PATH"], **credentials, **region, **Template({}).environment(function)}


def where_time_goes(function: str, artifact: Path) -> list[tuple[str, float]]:
    """Name the packages whose modules take longest to run, each as a share of all imports.

    What a module does counts for its own package, what it imports does not.
    """
    lines = _imported(function, artifact).stderr.splitlines()
    times = [
        line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")
    ]
    packages: Counter[str] = Counter()
    for own, _, name in times:
        if own.strip().isdigit():
            packages[_package(name.strip())] += int(own)
    return [(name, own / packages.total()) for name, own in packages.most_common(MOST_PACKAGES)]


def _package(module: str) -> str:
    name = module.partition(".")[0]
    return "the standard library" if name.strip("_") in STANDARD_LIBRARY else name


def _imported(function: str, artifact: Path) -> CompletedProcess[str]:
    folders = [str(artifact / LOGICAL_IDS[function]), str(artifact / LAYER)]
    program = f"import sys; sys.path[:0] = {folders!r}; import functions.{function}.app"
    return run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-c", program],
        env=environment(LOGICAL_IDS[function]),
        check=True,
        capture_output=True,
        text=True,
    )


def answer(scale: Scale) -> Answer:
    """Start each function, and what it is compared with, by turns."""
    rounds = scale.of(ROUNDS, small=1)
    with step(f"Starting {len(BARE) + len(FUNCTIONS)} handlers, {rounds} times each"):
        measured = rows(rounds)
    starts = Sheet(
        f"Start-up through Lambda's runtime client, medians of {rounds} rounds",
        HEADINGS,
        [_cells(row) for row in measured],
        NOTES,
    )
    facts = {each.pop("name"): each for each in map(asdict, measured)}
    with built(host_architecture()) as template:
        shares = [
            Sheet(
                f"Where {function}'s start-up goes",
                ("package", "share of imports"),
                [(name, f"{share:.0%}") for name, share in where_time_goes(function, template.parent)],
            )
            for function in ("webhook", "worker")
        ]
    return Answer((starts, *shares), facts)


def _cells(row: Row) -> Sequence[str]:
    ratios = (row.to_boto3, row.to_openai, row.whole_to_boto3, row.clock_to_boto3, row.without_bytecode)
    return row.name, *(f"{each:.2f} x" if each else "" for each in ratios), str(row.modules)
