"""What a question is answered with: tables to print, the same figures as JSON, and pictures."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.charts import Chart, draw
from tasks.checkout import ROOT

RESULTS: Final = ROOT / "bench/results"
WIDTH: Final = 150


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        is_small: As little as shows that the question can be answered: what the tests run.
    """

    is_small: bool = False
    seed: int = 7

    def of(self, usual: int, *, small: int) -> int:
        """Choose a number."""
        return small if self.is_small else usual


@dataclass(frozen=True)
class Sheet:
    """A table, and what has to be known to read it."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Answer:
    """What came out.

    Attributes:
        facts: The figures, for programs.
        charts: By the names of their files.
        broken: Exact counts that are not what they should be, in words. Only these are a failure.
    """

    sheets: Sequence[Sheet]
    facts: Mapping[str, Any]
    charts: Mapping[str, Chart] = field(default_factory=dict)
    broken: Sequence[str] = ()


def show(answer: Answer, console: Console) -> None:
    """Print the tables."""
    console.width = max(console.width, WIDTH)
    for sheet in answer.sheets:
        table = Table(title=sheet.title, title_justify="left")
        for at, heading in enumerate(sheet.headings):
            table.add_column(heading, justify="right" if at else "left")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
        for note in sheet.notes:
            console.print(f"  {note}", style="dim", markup=False)
    for words in answer.broken:
        console.print(f"broken: {words}", style="bold red", markup=False)


def keep(question: str, answer: Answer, scale: Scale, folder: Path = RESULTS) -> None:
    """Write an answer into a folder: JSON, and a picture for each chart."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "question": question,
        "command": f"make bench BENCH={question}",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": {"cores": os.cpu_count(), "architecture": platform.machine()},
        "seed": scale.seed,
        "figures": answer.facts,
        "notes": [note for sheet in answer.sheets for note in sheet.notes],
    }
    (folder / f"{question}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    for name, chart in answer.charts.items():
        draw(chart, folder / f"{name}.svg")
