"""How many webhooks and records a second does one core handle, and one instance while OpenAI takes its time?

In process, with a stub in the place of the network. Beside each function stands a handler that was written by
hand, and does the least that anybody could do: verify and `send_message`; or retrieve and `update_item`. They
take turns, and a ratio is the median over the rounds, of processor time. One instance is measured on the
clock: ten records as ten events, as they came before, and as one.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from bench.answers import Answer, Scale, Sheet
from bench.recorded import record
from bench.start_up import environment
from runrelay.progress import step

ROUNDS = 15
TIMES = 100
SECONDS_OF_OPENAI = 0.2
RECORDS = 10


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        a_second: Handled a second by what is measured, and by what it is compared with: of this machine, now.
        ratio: The former to the latter.
    """

    name: str
    beside: str
    a_second: tuple[float, float]
    ratio: float


def rows(rounds: int = ROUNDS) -> list[Row]:
    """Measure all of it."""
    given = {
        **asdict(record()),
        "times": TIMES,
        "rounds": rounds,
        "seconds": SECONDS_OF_OPENAI,
        "environments": {
            name: dict(environment(f"{name.capitalize()}Function")) for name in ("webhook", "worker")
        },
    }
    printed = subprocess.run(
        [sys.executable, "-m", "bench.loops"],
        input=json.dumps(given),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    taken = json.loads(printed)
    return [
        _row("webhooks a second a core", "verify and send_message", taken["webhook"], TIMES),
        _row("records a second a core", "retrieve and update_item", taken["worker"], TIMES),
        _row(
            f"records a second an instance, OpenAI taking {SECONDS_OF_OPENAI * 1000:.0f} ms",
            "one by one",
            [[after, before] for before, after in taken["instance"]],
            RECORDS,
        ),
    ]


def _row(name: str, beside: str, rounds: Sequence[Sequence[float]], times: int) -> Row:
    ours, theirs = zip(*rounds, strict=True)
    return Row(name, beside, (times / median(ours), times / median(theirs)), median(b / a for a, b in rounds))


def answer(scale: Scale) -> Answer:
    """Have functions and the least of handlers take turns."""
    rounds = scale.of(ROUNDS, small=1)
    with step(f"Handling webhooks and records, {rounds} rounds"):
        measured = rows(rounds)
    cells = [
        (row.name, row.beside, *(f"{each:,.0f}" for each in row.a_second), f"{row.ratio:.2f} x")
        for row in measured
    ]
    sheet = Sheet("Throughput, the network stubbed", ("", "beside", "here", "there", "ratio"), cells)
    return Answer((sheet,), {row.name: {"beside": row.beside, "ratio": row.ratio} for row in measured})
