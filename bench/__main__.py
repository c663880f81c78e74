"""`make bench`: each question answered by a table, JSON and perhaps a picture, in `bench/results`.

A ratio of times is shown and kept, and never judged. The exit code is 1 only if an exact count broke, and 2
if a question could not be asked; the others are answered all the same.
"""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from bench.answers import RESULTS, Answer, Scale, keep, show
from runrelay.command_line import CommandError
from runrelay.progress import console

QUESTIONS: Final = {
    "budgets": "bench.counted_budgets",
    "requests": "bench.requests",
    "cost": "bench.cost",
    "growth": "bench.growth",
    "backlog": "bench.backlog",
    "latency": "bench.latency",
    "start-up": "bench.start_up",
    "throughput": "bench.throughput",
}


class Question(Protocol):
    """A module that answers a question; its docstring is the question."""

    def answer(self, scale: Scale, /) -> Answer:
        """Measure it."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the questions that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    parser.add_argument("--small", action="store_true", help="as little as shows that it can be answered")
    parser.add_argument("--seed", type=int, default=Scale.seed)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write (%(default)s)")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.questions) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}. There are: {', '.join(QUESTIONS)}")

    try:
        chosen.results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"results cannot be written: {error}")

    scale = Scale(is_small=chosen.small, seed=chosen.seed)
    broken, unanswered = False, False
    for name in chosen.questions or QUESTIONS:
        module: Question = importlib.import_module(QUESTIONS[name])
        try:
            answered = module.answer(scale)
        except CommandError as error:
            console.print(f"{name}: {error}", style="red", markup=False)
            unanswered = True
            continue
        show(answered, console)
        keep(name, answered, scale, chosen.results)
        broken |= bool(answered.broken)
    return 1 if broken else 2 if unanswered else 0


if __name__ == "__main__":
    raise SystemExit(main())
