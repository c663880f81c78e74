"""The console and those who are not meant: another site's page, another name, no token; who may only read."""

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import override

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tests.harness.consoles import Served, served

LARGE = ("refund_order", {"order_id": "A-1", "cents": 150_000})

expect.set_options(timeout=60_000)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An origin of somebody else's, on this machine: the same site, by a browser's reckoning."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        @override
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def run_id(client: Client) -> Iterator[str]:
    """A run that goes on, whatever is asked of the console."""
    run_id = client.start({"never": True})
    client.until(run_id, lambda run: run["status"] == "in_progress")
    yield run_id
    assert client.run(run_id)["status"] == "in_progress"
    client.cancel(run_id)


def form_token(page: Page) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.content())
    assert found
    return found[1]


def test_a_page_of_another_origin_changes_nothing_though_it_knows_all_but_the_cookie(
    context: BrowserContext, page: Page, console: Served, elsewhere: str, run_id: str
):
    token, other = form_token(page), context.new_page()
    other.goto(elsewhere)

    with other.expect_navigation():
        other.evaluate(
            """([url, token]) => {
                const form = document.body.appendChild(document.createElement("form"));
                form.method = "post"; form.action = url;
                const field = form.appendChild(document.createElement("input"));
                field.name = "form_token"; field.value = token;
                form.submit();
            }""",
            [f"{console.base}/runs/{run_id}/cancel", token],
        )

    assert "another site" in other.content()


def test_a_page_of_another_origin_reads_nothing(
    context: BrowserContext, page: Page, console: Served, elsewhere: str
):
    other = context.new_page()
    other.goto(elsewhere)
    read = """url => fetch(url, {credentials: "include"}).then(answer => answer.text(), error => "nothing")"""
    read_blindly = (
        """url => fetch(url, {credentials: "include", mode: "no-cors"}).then(answer => answer.type)"""
    )
    framed = """url => new Promise(done => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.onload = () => {
            try { done(String(frame.contentDocument?.body.textContent)); } catch { done("nothing"); }
        };
        frame.src = url;
    })"""

    assert other.evaluate(read, f"{console.base}/") == "nothing"
    assert other.evaluate(read, f"{console.base}/live?of=/") == "nothing"
    assert other.evaluate(framed, f"{console.base}/") in {"nothing", "null", "undefined"}
    with pytest.raises(Exception, match="Failed to fetch"):  # refused by what the answer says of itself
        other.evaluate(read_blindly, f"{console.base}/static/console.css")


def test_by_a_name_that_dns_leads_here_nothing_is_read(console: Served):
    port = console.host.partition(":")[2]
    host = {"host": f"evil.example:{port}"}

    answers = [
        httpx2.get(f"{console.base}{path}", headers=host, trust_env=False)
        for path in ("/", f"/?token={console.token}")
    ]

    assert [answer.status_code for answer in answers] == [421, 421]
    assert not any("set-cookie" in answer.headers for answer in answers)


@pytest.mark.parametrize(
    "path", ["/", "/inbox", "/health", "/live?of=/", "/static/console.js", "/?token=wrong", "/find?q=x"]
)
def test_without_the_token_nothing_is_read_and_nobody_is_asked(console: Served, path: str):
    asked = len(console.asked)

    answer = httpx2.get(console.base + path, trust_env=False)

    assert answer.status_code == 403
    assert len(console.asked) == asked


def test_who_asks_for_the_head_of_what_is_live_has_nobody_asked(stack: Stack, tmp_path: Path):
    with (
        served(stack, tmp_path, is_counted=True) as console,
        httpx2.Client(base_url=console.base, follow_redirects=True, timeout=60, trust_env=False) as http,
    ):
        http.get("/static/console.css", params={"token": console.token})
        answer = http.head("/live?of=/&stale")
        time.sleep(2)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert console.asked == []


@pytest.mark.parametrize("given", ["", "wrong", None], ids=["empty", "wrong", "missing"])
def test_a_form_that_is_not_ours_changes_nothing(page: Page, console: Served, run_id: str, given: str | None):
    form = {} if given is None else {"form_token": given}

    answer = page.request.post(
        f"{console.base}/runs/{run_id}/cancel", form=form, headers={"origin": console.base}
    )

    assert answer.status == 403
    assert "load its page again" in answer.text()


def test_the_token_is_gone_from_the_address_and_no_script_sees_the_cookie(page: Page, console: Served):
    assert page.url == f"{console.base}/"
    assert page.evaluate("document.cookie") == ""
    (cookie,) = [each for each in page.context.cookies() if each["name"].startswith("runrelay-console")]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)


def test_it_listens_on_this_machine_alone(console: Served):
    port = int(console.host.partition(":")[2])
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    ]

    assert listening == [f"0100007F:{port:04X}"]


def test_one_that_only_reads_shows_all_and_changes_nothing(
    stack: Stack, client: Client, context: BrowserContext, tmp_path: Path, run_id: str
):
    waits = client.start(calls(LARGE), text("Settled."), tools=["refund_order"])
    client.waiting(waits)
    with served(stack, tmp_path, "--read-only") as console:
        page = context.new_page()
        page.goto(console.url)
        expect(page.get_by_text("read-only")).to_be_visible()
        for path in ("/inbox", f"/runs/{run_id}", f"/runs/{waits}"):
            page.goto(console.base + path)
            expect(page.locator("h1")).to_be_visible()
            expect(page.locator("main button:not(.filters button)")).to_have_count(0)
        answers = [
            page.request.post(
                f"{console.base}{path}",
                form={"form_token": form_token(page), "decision": "approve", "call_id": "x"},
                headers={"origin": console.base},
            )
            for path in (f"/runs/{run_id}/cancel", f"/runs/{waits}/decide", "/health/redrive")
        ]
        page.close()

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert client.waiting(waits)["decision"] is None
    client.cancel(waits)
