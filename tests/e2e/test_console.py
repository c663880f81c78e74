"""The console in a browser: runs move on it, calls are decided, and what a model wrote does nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from runrelay_client import Client, calls, text

from tests.harness.consoles import Served

ORDER = ("get_order", {"order_id": "A-1"})
LARGE = ("refund_order", {"order_id": "A-1", "cents": 150_000})
EVIL = "<img src=x onerror='document.title=1'><script>window.hacked = 1</script>"

expect.set_options(timeout=60_000)


def row(page: Page, run_id: str) -> Locator:
    return page.locator(f"#{run_id}")


def card(page: Page, run_id: str) -> Locator:
    return page.locator(f"[id^=wait-{run_id}]")


def is_the_same_page(page: Page) -> bool:
    """Whether what was left on the page is there still: it was not loaded again."""
    return bool(page.evaluate("window.mark === 1"))


@pytest.fixture(autouse=True)
def mark(page: Page) -> None:
    page.evaluate("window.mark = 1")


def test_a_run_that_is_started_elsewhere_appears_and_moves_to_its_end(client: Client, page: Page):
    run_id = client.start(calls(ORDER), text("It is on its way."), tools=["get_order"], subject="order A-1")

    expect(row(page, run_id).locator(".pill")).to_have_text("completed")
    expect(row(page, run_id).locator(".what a")).to_have_text("order A-1")
    expect(row(page, run_id).locator(".turn")).to_contain_text("2")
    expect(row(page, run_id).locator(".calls")).to_contain_text("1")
    expect(row(page, run_id).locator(".tokens")).to_have_text(re.compile(r"\d"))
    assert is_the_same_page(page)


def test_a_runs_page_goes_with_it_and_what_is_open_stays_open(client: Client, page: Page, console: Served):
    run_id = client.start(calls(ORDER), text("It is on its way.", seconds=4), tools=["get_order"])
    client.waiting(run_id, "succeeded")
    page.goto(f"{console.base}/runs/{run_id}")
    page.evaluate("window.mark = 1")

    page.locator("[aria-labelledby=calls] details", has_text="get_order").locator("summary").click()
    page.get_by_text("The request, as it was sent").click()
    expect(page.get_by_role("region", name="Arguments")).to_contain_text('"order_id": "A-1"')
    expect(page.locator("#next")).to_be_visible()

    expect(page.locator("#result + .say")).to_have_text("It is on its way.")
    expect(page.locator("main .heading .pill").first).to_have_text("completed")
    expect(page.get_by_role("region", name="Arguments")).to_be_visible()
    expect(page.get_by_role("region", name="Request")).to_contain_text('"model": "gpt-6-astra"')
    expect(page.locator("#next")).to_have_count(0)
    expect(page).to_have_title(re.compile(r": completed · local stack"))
    expect(page.locator("rect.turn")).to_have_count(3)  # two turns, and the legend
    assert is_the_same_page(page)


def test_one_call_is_approved_and_one_denied_for_a_reason(client: Client, page: Page, console: Served):
    yes, no = (client.start(calls(LARGE), text("Settled."), tools=["refund_order"]) for _ in range(2))
    page.get_by_role("link", name="Inbox").click()

    expect(card(page, yes).locator("pre")).to_contain_text('"cents": 150000')
    card(page, no).get_by_label("Reason").fill("Not without the receipt.")
    card(page, no).get_by_role("button", name="Deny").click()
    expect(page.get_by_role("status").filter(has_text="is denied")).to_be_visible()
    card(page, yes).get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").filter(has_text="is approved")).to_be_visible()

    denied, approved = client.ended(no)["calls"][0], client.ended(yes)["calls"][0]
    assert (denied["decision"], denied["decision_reason"]) == ("denied", "Not without the receipt.")
    assert (denied["outcome"], approved["outcome"]) == ("denied", "succeeded")
    assert [effect["call_id"] for effect in client.effects()] == [approved["call_id"]]
    page.goto(f"{console.base}/runs/{no}")
    page.locator("[aria-labelledby=calls] details", has_text="refund_order").locator("summary").click()
    expect(page.locator("[aria-labelledby=calls] dl")).to_contain_text("Not without the receipt.")


def test_what_is_being_typed_stays_while_the_inbox_changes(client: Client, page: Page):
    first = client.start(calls(LARGE), text("Settled."), tools=["refund_order"])
    page.get_by_role("link", name="Inbox").click()
    reason = card(page, first).get_by_label("Reason")
    reason.press_sequentially("Not with")

    second = client.start(calls(LARGE), text("Settled."), tools=["refund_order"])
    expect(card(page, second)).to_be_visible()
    reason.press_sequentially("out it")

    expect(reason).to_have_value("Not without it")
    expect(reason).to_be_focused()
    client.cancel(first)
    client.cancel(second)


def test_what_is_being_typed_stays_while_another_call_is_decided_and_the_focus_goes_on(
    client: Client, page: Page
):
    decided, other = (client.start(calls(LARGE), text("Settled."), tools=["refund_order"]) for _ in range(2))
    page.get_by_role("link", name="Inbox").click()
    page.evaluate("window.mark = 1")
    card(page, other).get_by_label("Reason").fill("Not without")

    card(page, decided).focus()
    page.keyboard.press("a")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="is approved")).to_be_visible()
    expect(page.locator("[data-waiting]:focus")).to_have_count(1)
    expect(card(page, decided)).to_have_count(0)
    expect(card(page, other).get_by_label("Reason")).to_have_value("Not without")
    assert is_the_same_page(page)
    assert client.ended(decided)["calls"][0]["decision"] == "approved"
    client.cancel(other)


def test_a_decision_that_somebody_else_made_first_is_told(client: Client, page: Page, console: Served):
    run_id = client.start(calls(LARGE), text("Settled."), tools=["refund_order"])
    call = client.waiting(run_id)
    page.goto(f"{console.base}/inbox")
    button = card(page, run_id).get_by_role("button", name="Approve")
    expect(button).to_be_visible()
    page.evaluate("dispatchEvent(new Event('pagehide'))")  # from here on it hears of nothing

    client.decide(run_id, call["call_id"], approve=False, reason="No.")
    button.click()

    expect(page.get_by_role("alert")).to_contain_text("denied")
    assert client.ended(run_id)["calls"][0]["decision"] == "denied"


def test_the_output_of_what_runs_elsewhere_is_given(client: Client, page: Page, console: Served):
    run_id = client.start(
        calls(("ask_warehouse", {"question": "Is it there?"})), text("It is."), tools=["ask_warehouse"]
    )
    page.goto(f"{console.base}/inbox")

    card(page, run_id).get_by_label("Output").fill("It left at nine.")
    card(page, run_id).get_by_role("button", name="Give the output").click()

    expect(page.get_by_role("status").filter(has_text="is given")).to_be_visible()
    client.ended(run_id)
    assert client.outputs_sent(run_id) == ["It left at nine."]


def test_a_run_is_cancelled_from_its_page(client: Client, page: Page, console: Served):
    run_id = client.start({"never": True})
    page.goto(f"{console.base}/runs/{run_id}")

    page.get_by_text("Cancel this run").click()
    page.get_by_role("button", name="Cancel it").click()

    expect(page.locator("main .heading .pill").first).to_have_text("cancelled")
    expect(page.get_by_text("Delete this run")).to_be_visible()
    assert client.run(run_id)["status"] == "cancelled"


def test_a_run_that_is_deleted_elsewhere_is_told_to_be_so(client: Client, page: Page, console: Served):
    run_id = client.start({"never": True})
    page.goto(f"{console.base}/runs/{run_id}")
    expect(page.locator("#trouble")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('pagehide'))")  # it does not hear that the run ends

    client.cancel(run_id)
    client.ended(run_id)
    client.delete(run_id)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_role("alert")).to_contain_text(f"{run_id} was deleted")
    expect(page.locator("#pulse")).to_have_text("not live")


def test_a_run_that_failed_says_why_in_the_providers_words(client: Client, page: Page, console: Served):
    run_id = client.start({"fail": {"code": "invalid_prompt", "message": "We do not like <b>that</b>."}})
    client.ended(run_id)

    page.goto(f"{console.base}/runs/{run_id}")

    expect(page.get_by_label("Error")).to_contain_text("We do not like <b>that</b>.")
    expect(page.get_by_label("Error").locator("b")).to_have_count(0)


def evil_turns() -> list[dict[str, Any]]:
    asked = ("refund_order", {"order_id": EVIL, "cents": 150_000})
    return [calls(asked), text(EVIL)]


def test_a_script_in_an_argument_a_subject_or_an_answer_is_text(client: Client, page: Page, console: Served):
    run_id = client.start(*evil_turns(), tools=["refund_order"], subject=EVIL)
    client.waiting(run_id)

    for path in ("/", "/inbox", f"/runs/{run_id}"):
        page.goto(console.base + path)
        expect(page.locator("#live")).to_contain_text("<img src=x")
        expect(page.locator("#live img, #live script")).to_have_count(0)
        assert page.evaluate("window.hacked") is None
    card(page, run_id).get_by_role("button", name="Approve").click()
    expect(page.locator("#result + .say")).to_have_text(EVIL)

    assert page.evaluate("window.hacked") is None
    assert page.title() != "1"


def test_filters_are_in_the_address_and_keep_what_is_meant(client: Client, page: Page, console: Served):
    mine = client.start(text("Done."), subject="customer 7")
    other = client.start(text("Done."), subject="customer 8")
    client.ended(mine)
    client.ended(other)

    page.get_by_label("Run id or subject").fill("customer 7")
    page.get_by_label("Run id or subject").press("Enter")
    expect(row(page, mine)).to_be_visible()
    expect(row(page, other)).to_have_count(0)
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Open").click()
    expect(page.get_by_text("No run is like that.")).to_be_visible()

    assert "subject=customer+7" in page.url
    assert "status=open" in page.url


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/runs/run_01M8E1J68AFR4FKVV61EEBX7WX", "there is no run"),
        ("/?status=of+tomorrow", "status"),
        ("/?since=yesterday", "a moment is"),
        ("/?cursor=x", "cursor"),
        ("/nowhere", "Not Found"),
    ],
)
def test_what_cannot_be_shown_is_told(page: Page, console: Served, path: str, words: str):
    answer = page.request.get(f"{console.base}{path}{'&' if '?' in path else '?'}wait")

    assert 400 <= answer.status < 500
    assert words in answer.text()
