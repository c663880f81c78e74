"""Ten thousand runs, on a stack of its own: a page is one request, and an idle one costs next to none."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from runrelay.client.blocking import Runrelay
from runrelay.stack import Stack
from tasks.local_stack import LocalStack
from tests.harness.consoles import Served, served
from tests.harness.many_runs import fill

RUNS = 10_000
ON_A_PAGE = 50
NEWEST = "the newest"
"""The subject of the run that one of the tests begins."""

IDLE_AFTER_SECONDS = 36
"""The list is brisk for half a minute after its last change, and then a look may be under way."""

WATCHED_SECONDS = 20
MOST_REQUESTS = 5
"""One in five seconds, and one more at either end."""

expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Path]]:
    directory = tmp_path_factory.mktemp("crowded")
    with LocalStack(directory) as stack:
        fill(stack, RUNS)
        yield stack, directory


@pytest.fixture(scope="module")
def console(crowded: tuple[Stack, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(crowded[0], tmp_path_factory.mktemp("console"), is_counted=True) as console:
        yield console


def subjects(page: Page) -> list[str]:
    """Give what is on the page once the API has answered."""
    expect(page.locator(".runs")).to_be_visible()
    return page.locator(".runs .what a").all_text_contents()


def test_the_first_page_is_one_request_and_so_is_each_one_after_it(browser: Browser, console: Served):
    page = browser.new_page()
    page.goto(console.url)
    shown, asked = subjects(page), len(console.asked)
    begun = shown.count(NEWEST)
    page.evaluate("dispatchEvent(new Event('pagehide'))")

    for number in range(1, 4):
        page.get_by_role("link", name="Older").click()
        expect(page.locator(".runs .what a").first).to_have_text(f"order {number * ON_A_PAGE - begun}")
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        shown += subjects(page)
    page.close()

    assert shown[begun:] == [f"order {number}" for number in range(4 * ON_A_PAGE - begun)]
    pages = [each for each in console.asked[asked:] if "cursor=" in each]
    assert len({*pages}) == 3
    assert console.asked[0] == f"GET /runs?limit={ON_A_PAGE}"


def test_what_is_looked_for_among_them_is_found_by_one_request(browser: Browser, console: Served):
    page = browser.new_page()
    page.goto(console.url)
    page.goto(f"{console.base}/?status=failed&kind=response&since=7d")

    found = subjects(page)
    page.close()

    assert len(found) == ON_A_PAGE
    assert all(int(each.split()[1]) % 6 == 3 for each in found)


def test_a_run_that_is_begun_comes_first_without_loading(
    browser: Browser, console: Served, crowded: tuple[Stack, Path]
):
    page = browser.new_page()
    page.goto(console.url)
    page.evaluate("window.mark = 1")

    with Runrelay(directory=crowded[1]) as client:
        run_id = client.runs.start(request={"model": "gpt-6-astra", "input": "go"}, subject=NEWEST).run_id

    expect(page.locator(".runs .what a").first).to_have_text(NEWEST)
    expect(page.locator(f"#{run_id} .pill")).to_have_text("completed")
    assert page.evaluate("window.mark") == 1
    page.close()


def test_an_idle_page_asks_for_one_thing_in_five_seconds_and_a_hidden_one_for_nothing(
    browser: Browser, console: Served
):
    page = browser.new_page()
    sent: list[str] = []
    page.goto(console.url)
    time.sleep(IDLE_AFTER_SECONDS)
    page.on("request", lambda request: sent.append(request.url))

    before = len(console.asked)
    page.wait_for_timeout(WATCHED_SECONDS * 1000)
    by_console = len(console.asked) - before
    page.close()
    time.sleep(6)
    closed = len(console.asked)
    time.sleep(7)

    assert sent == []
    assert 1 <= by_console <= MOST_REQUESTS
    assert len(console.asked) == closed
