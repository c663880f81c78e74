"""What the tests that were run last have covered, by branch; and by name what they have covered least.

python -m tests.branch_coverage
"""

import json
import tempfile
from pathlib import Path
from typing import Final

from coverage import Coverage

ENOUGH: Final = 95
"""Per cent."""


def main() -> None:
    """Print the figure, and each file below what is enough."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        coverage = Coverage()
        coverage.load()
        coverage.json_report(outfile=str(report))
        told = json.loads(report.read_text())
    print(f"{told['totals']['percent_covered']:.1f} % of functions/ and the layer are covered, by branch")
    for name, file in sorted(told["files"].items()):
        if (covered := file["summary"]["percent_covered"]) < ENOUGH:
            print(f"{covered:5.1f} %  {name}  lines {_ranges(file['missing_lines'])}")


def _ranges(lines: list[int]) -> str:
    """Write lines as `3-5, 9`."""
    ranges: list[list[int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in ranges)


if __name__ == "__main__":
    main()
