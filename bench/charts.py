"""Pictures as SVG, the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SETTINGS: Final[Any] = {
    "svg.hashsalt": "runrelay",  # else its ids are others each time
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COLOURS: Final = ("#2563eb", "#ea580c", "#16a34a", "#9333ea", "#0891b2", "#ca8a04", "#64748b", "#be123c")


@dataclass(frozen=True)
class Bars:
    """One bar for each name, of one or more parts."""

    title: str
    axis: str
    names: Sequence[str]
    parts: Mapping[str, Sequence[float]]
    is_logarithmic: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines over one axis; both axes may be logarithmic."""

    title: str
    across: str
    up: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    is_logarithmic: bool = True
    has_marks: bool = True


type Chart = Bars | Lines


def draw(chart: Chart, path: Path) -> None:
    """Draw a chart into a file."""
    import matplotlib as mpl  # noqa: PLC0415 - it takes a second to load, and a table needs none of it
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context(SETTINGS):
        height = 1.2 + 0.42 * len(chart.names) if isinstance(chart, Bars) else 4.2
        figure = Figure(figsize=(8, height), layout="constrained")
        axes = figure.subplots()
        if isinstance(chart, Bars):
            _bars(chart, axes)
        else:
            _lines(chart, axes)
        axes.set_title(chart.title, loc="left", fontsize=11)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _bars(chart: Bars, axes) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - matplotlib's Axes
    left = [0.0] * len(chart.names)
    for (part, values), colour in zip(chart.parts.items(), COLOURS, strict=False):
        axes.barh(chart.names, values, left=left, color=colour, label=part)
        left = [before + value for before, value in zip(left, values, strict=True)]
    if chart.is_logarithmic:
        axes.set_xscale("log")
    axes.bar_label(axes.containers[-1], [f"{value:,.3g}" for value in left], padding=3, fontsize=9)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.set_xlabel(chart.axis)
    if len(chart.parts) > 1:
        axes.legend(frameon=False, fontsize=8, ncols=2)


def _lines(chart: Lines, axes) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - matplotlib's Axes
    for (name, points), colour in zip(chart.lines.items(), COLOURS, strict=False):
        across, up = zip(*points, strict=True)
        axes.plot(across, up, marker="o" if chart.has_marks else None, color=colour, label=name)
    if chart.is_logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlabel(chart.across)
    axes.set_ylabel(chart.up)
    axes.grid(visible=True, which="major", linewidth=0.3)
    axes.legend(frameon=False, fontsize=8)
