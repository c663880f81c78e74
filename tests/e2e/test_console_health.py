"""The page of a stack's health: what the doctor finds, and dead letters, of which the dry run comes first."""

from contracts.messages import RunMessage, to_body
from playwright.sync_api import Page, expect
from runrelay_client import Client, text

from tests.harness.consoles import Served

expect.set_options(timeout=60_000)


def test_what_the_doctor_finds_is_shown_with_queues_and_gate(page: Page):
    page.get_by_role("link", name="Health").click()

    for name in ("endpoint", "webhook URL", "oldest run", "run queue", "key accepted"):
        expect(page.locator(".findings .name", has_text=name).first).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Tool dead letters")).to_have_count(1)
    expect(page.get_by_text("the gate before the provider")).to_be_visible()


def test_a_dead_letter_is_planned_first_and_redriven_only_if_it_is_chosen(
    client: Client, page: Page, console: Served
):
    run_id = client.start(text("Done."))
    client.ended(run_id)
    sqs, url = client.stack.client("sqs"), client.stack.run_dead_letter_queue_url
    sqs.send_message(QueueUrl=url, MessageBody=to_body(RunMessage(run_id, "check")))
    sqs.send_message(QueueUrl=url, MessageBody="no message <b>of ours</b>")

    page.goto(f"{console.base}/health/dead-letters")
    known, unknown = (page.locator(".letters li", has_text=words) for words in (run_id, "not a message"))
    expect(known).to_contain_text("already done")
    expect(known.get_by_role("checkbox")).to_be_checked()
    expect(unknown).to_contain_text("Held back")
    expect(unknown.get_by_role("checkbox")).not_to_be_checked()
    assert client.dead_letters() == 2

    page.get_by_role("button", name="Redrive").click()
    expect(known).to_contain_text("redriven")
    client.eventually(lambda: client.dead_letters() == 1)

    (left,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert left["Body"] == "no message <b>of ours</b>"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=left["ReceiptHandle"])
