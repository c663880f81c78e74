"""How quick the console is over ten thousand runs, on a local stack of its own: `python -m bench.console`."""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.table import Table

from runrelay.client.blocking import Runrelay
from tasks.local_stack import LocalStack
from tests.harness.consoles import Served, chromium, served
from tests.harness.many_runs import fill

RUNS: Final = 10_000
PAINTS: Final = 10
CHANGES: Final = 10
IDLE_AFTER_SECONDS: Final = 40
IDLE_SECONDS: Final = 60
FIRST_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

MOST_PAINT_SECONDS: Final = 1.0
MOST_CHANGE_SECONDS: Final = 2.0
MOST_IDLE: Final = IDLE_SECONDS / 5


def main() -> int:
    """Measure, and print a table; 1 if a target is missed."""
    table = Table("", "median", "worst", "target")
    verdicts = []
    with tempfile.TemporaryDirectory() as name, LocalStack(Path(name)) as stack:
        directory = Path(name) / "console"
        directory.mkdir()
        with (
            served(stack, directory, is_counted=True) as console,
            chromium() as browser,
            Runrelay(directory=name) as client,
        ):
            few = [*changes(browser, console, client)]
            fill(stack, RUNS)
            painted, filled = zip(*paints(browser, console), strict=True)
            many = [*changes(browser, console, client)]
            for words, seconds, most in (
                (f"first paint of the list, {RUNS:,} runs", painted, MOST_PAINT_SECONDS),
                (f"a run that ended is on the page, {CHANGES} runs", few, MOST_CHANGE_SECONDS),
                (f"a run that ended is on the page, {RUNS:,} runs", many, MOST_CHANGE_SECONDS),
            ):
                table.add_row(words, f"{median(seconds):.2f} s", f"{max(seconds):.2f} s", f"{most:g} s")
                verdicts.append(max(seconds) <= most)
            table.add_row("its runs are there", f"{median(filled):.2f} s", f"{max(filled):.2f} s", "")
            by_browser, by_console = idle(browser, console)
    table.add_row(
        f"idle for {IDLE_SECONDS} s: requests of the browser", str(by_browser), "", f"{MOST_IDLE:g}"
    )
    table.add_row(f"idle for {IDLE_SECONDS} s: requests to the API", str(by_console), "", f"{MOST_IDLE:g}")
    verdicts.append(max(by_browser, by_console) <= MOST_IDLE)
    Console().print(table)
    return 0 if all(verdicts) else 1


def paints(browser: Browser, console: Served) -> Iterator[tuple[float, float]]:
    """Open the list in browsers that were nowhere yet: when they paint, and when the runs are there."""
    for _ in range(PAINTS):
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(console.url)
            while (painted := page.evaluate(FIRST_PAINT)) is None:
                page.wait_for_timeout(20)
            page.wait_for_selector(".runs")
            yield painted / 1000, page.evaluate("performance.now()") / 1000


def changes(browser: Browser, console: Served, client: Runrelay) -> Iterator[float]:
    """See runs end on the list, by this machine's clock, which is the stack's too."""
    page = browser.new_page()
    page.goto(console.url)
    for _ in range(CHANGES):
        run_id = client.runs.start(request={"model": "gpt-6-astra", "input": "go"}).run_id
        seen_at = _seen(page, run_id)
        ended_at = client.runs.wait(run_id).ended_at
        assert ended_at
        yield max(0.0, (seen_at - ended_at).total_seconds())
        time.sleep(1)
    page.close()


def _seen(page: Page, run_id: str) -> datetime:
    page.wait_for_selector(f"#{run_id} .pill.completed")
    return datetime.now(UTC)


def idle(browser: Browser, console: Served) -> tuple[int, int]:
    """Count what a page asks for on which nothing happens, and what its console does."""
    page = browser.new_page()
    page.goto(console.url)
    page.wait_for_timeout(IDLE_AFTER_SECONDS * 1000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    before = len(console.asked)
    page.wait_for_timeout(IDLE_SECONDS * 1000)
    return len(sent), len(console.asked) - before


if __name__ == "__main__":
    sys.exit(main())
