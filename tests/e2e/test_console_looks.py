"""How the console looks and is used: by keys alone, by day and night, on a phone, and by who sees nothing."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from runrelay_client import Client, calls, text

from tests.harness.consoles import Served

ORDER = ("get_order", {"order_id": "A-1"})
LARGE = ("refund_order", {"order_id": "A-1", "cents": 150_000})
SERIOUS = {"serious", "critical"}
LOOKS: dict[str, dict[str, Any]] = {
    "a screen by day": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "a phone by night": {
        "color_scheme": "dark",
        "viewport": {"width": 360, "height": 780},
        "is_mobile": True,
        "has_touch": True,
    },
}
FEWEST_RULES = 10
"""That axe must have found kept on any page, or else it has looked at none."""

expect.set_options(timeout=60_000)


@pytest.fixture
def runs(client: Client) -> tuple[str, str]:
    """A run that is over, and one that waits for a person."""
    over = client.start(
        calls(ORDER), calls(ORDER), text("On its way."), tools=["get_order"], subject="order A-1"
    )
    waits = client.start(calls(LARGE), text("Settled."), tools=["refund_order"], subject="refund A-1")
    client.ended(over)
    client.waiting(waits)
    return over, waits


def pages(runs: tuple[str, str]) -> list[str]:
    over, waits = runs
    return [
        "/",
        f"/runs/{over}",
        f"/runs/{waits}",
        "/inbox",
        "/health",
        "/health/dead-letters",
        "/runs/run_1",
    ]


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_and_nothing_leads_beyond_the_edge(
    browser: Browser, console: Served, runs: tuple[str, str], look: str
):
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    page.goto(console.url)
    found = {}

    for path in pages(runs):
        page.goto(console.base + path)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("[aria-busy]")).to_have_count(0)
        for each in page.locator("details").all():
            each.evaluate("node => { node.open = true; }")
        response = Axe().run(page).response
        assert len(response["passes"]) >= FEWEST_RULES
        found[path] = [
            (each["id"], node["html"][:200])
            for each in response["violations"]
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]
        is_wider = page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not is_wider, f"{path} is wider than the screen"
    context.close()

    assert {path: each for path, each in found.items() if each} == {}


def test_a_call_is_approved_by_keys_alone(client: Client, page: Page, runs: tuple[str, str]):
    _, waits = runs

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    while page.evaluate("document.activeElement.textContent") != "Inbox":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(page.locator(f"[id^=wait-{waits}]")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("[data-waiting]").first).to_be_focused()
    while not page.evaluate("id => document.activeElement.id.includes(id)", waits):
        page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve").and_(page.locator(":focus"))).to_have_count(1)
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="is approved")).to_be_visible()
    assert client.ended(waits)["calls"][0]["decision"] == "approved"


@pytest.mark.parametrize(("look", "is_told"), [(name, "phone" not in name) for name in LOOKS])
def test_keys_are_told_of_where_there_are_some(
    browser: Browser, console: Served, runs: tuple[str, str], look: str, *, is_told: bool
):
    context = browser.new_context(**LOOKS[look])
    page = context.new_page()
    page.goto(console.url)
    page.goto(f"{console.base}/inbox")

    expect(page.locator("[data-waiting]").first).to_be_visible()
    assert page.locator(".keys").is_visible() is is_told
    context.close()


def test_a_call_is_denied_by_keys_alone_and_enter_in_a_reason_decides_nothing(
    client: Client, page: Page, console: Served, runs: tuple[str, str]
):
    _, waits = runs
    page.goto(f"{console.base}/runs/{waits}")
    expect(page.locator("[data-waiting]")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.keyboard.type("No receipt.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Deny").and_(page.locator(":focus"))).to_have_count(1)
    assert client.run(waits)["calls"][0]["decision"] is None
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="is denied")).to_be_visible()
    assert client.ended(waits)["calls"][0]["decision_reason"] == "No receipt."


def test_a_run_is_found_in_the_list_and_opened_by_keys_alone(page: Page, runs: tuple[str, str]):
    over, _ = runs
    expect(page.locator(f"#{over}")).to_be_visible()

    page.keyboard.press("j")
    while page.evaluate("document.activeElement.closest('tr').id") != over:
        page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="order A-1")).to_be_visible()


def test_it_is_dark_where_the_system_is_and_the_switch_is_kept(
    context: BrowserContext, page: Page, console: Served
):
    by_day = background(page)
    page.emulate_media(color_scheme="dark")
    by_night = background(page)
    page.get_by_role("button", name="Light").click()
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    chosen = background(page)
    again = context.new_page()
    again.emulate_media(color_scheme="dark")
    again.goto(f"{console.base}/health")

    assert by_day != by_night
    assert chosen == by_day
    assert background(again) == by_day


def test_without_any_script_a_call_is_seen_and_decided(
    browser: Browser, client: Client, console: Served, runs: tuple[str, str]
):
    _, waits = runs
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(console.url)
    expect(page.locator(f"#{waits}")).to_contain_text("requires action")
    page.goto(f"{console.base}/runs/{waits}")

    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status").filter(has_text="is approved")).to_be_visible()
    assert client.ended(waits)["calls"][0]["decision"] == "approved"
    context.close()
