"""`make screenshots`: docs/images/console-*.png, of runs on a local stack of their own."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from runrelay.client.blocking import Runrelay
from runrelay.progress import console as words
from tasks.checkout import ROOT
from tasks.local_stack import LocalStack
from tests.harness.consoles import CHROMIUM, HOW_TO_GET_IT, Served, chromium, served
from tests.screenshots.scene import Scene

IMAGES: Final = ROOT / "docs/images"
WIDTH: Final = 1200
LONGEST: Final = 1000
"""Pixels, of an image's height."""


def main() -> int:
    """Take them all."""
    if not CHROMIUM.exists():
        words.print(f"No screenshots: {HOW_TO_GET_IT}", style="red")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, LocalStack(Path(name)) as stack:
        with Runrelay(directory=name) as client:
            shown = Scene(stack, client).play()
        directory = Path(name) / "console"
        directory.mkdir()
        with served(stack, directory) as console, chromium() as browser:
            take(browser, console, shown)
    return 0


def take(browser: Browser, console: Served, shown: str) -> None:
    """Take each page by day, and some at night and on a phone."""
    pages = {"runs": "/", "run": f"/runs/{shown}", "inbox": "/inbox", "health": "/health"}
    day = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="light")
    night = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme="dark")
    phone = browser.new_page(viewport={"width": 390, "height": 780}, color_scheme="light")
    for page in (day, night, phone):
        page.goto(console.url)
    for name, path in pages.items():
        shoot(day, console.base + path, name)
    shoot(night, console.base + pages["run"], "run-dark")
    shoot(phone, console.base + pages["runs"], "runs-phone", is_whole=False)


def shoot(page: Page, url: str, name: str, *, is_whole: bool = True) -> None:
    """Take one page, once all is on it; of one that is very long, the beginning."""
    page.goto(f"{url}?wait")
    page.wait_for_selector("h1")
    page.wait_for_timeout(500)
    height = page.evaluate("document.documentElement.scrollHeight")
    size = page.viewport_size
    assert size
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, LONGEST)}
    path = IMAGES / f"console-{name}.png"
    page.screenshot(path=path, full_page=is_whole, **({"clip": clip} if is_whole else {}))  # type: ignore[arg-type]
    words.print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
