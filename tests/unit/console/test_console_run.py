"""A run's page: what stands on it beside the picture, as it is sent when it has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest

from runrelay.client.models import Failure, Result, Run, Timeline, TimelineEntry, Turn
from runrelay.console.guard import Keys
from runrelay.console.notes import Notes
from runrelay.console.rendering import Pages
from runrelay.console.run_view import RunView, token_names
from tests.unit.console.test_console_picture import a_call, a_run, after, turn


@dataclass
class Stack:
    """An API that knows one run."""

    run: Run
    told: Sequence[TimelineEntry]

    @property
    def runs(self) -> "Stack":
        return self

    async def get(self, run_id: str, *, include_request: bool) -> Run:
        return self.run

    async def events(self, run_id: str) -> Timeline:
        return Timeline(run_id=run_id, events=tuple(self.told))


def sent(run: Run, events: Sequence[TimelineEntry] = ()) -> dict[str, str]:
    view = RunView(Stack(run, events), run.run_id, {})  # type: ignore[arg-type]
    pages = Pages("a & b", Keys(), Notes(), is_read_only=False)
    return pages.parts(view.template, anyio.run(view.look).context)


def test_the_title_says_how_the_run_stands_as_plain_text():
    run = replace(a_run(status="in_progress"), subject="<order> & more")

    assert sent(run)["title"] == "<order> & more: in progress · a & b · Runrelay"
    assert "<order>" not in sent(run)["html"]


@pytest.mark.parametrize(("status", "look"), [("failed", "card error"), ("cancelled", "card")])
def test_what_was_cancelled_is_no_alarm(status: str, look: str):
    why = Failure(code="the_code", message="The run ended so.")

    html = sent(replace(a_run(ended=10, status=status), error=why))["html"]

    assert f'class="{look}" aria-label="Error"' in html


def test_what_a_tool_raised_is_with_its_call_and_escaped():
    error = Failure(code="tool_failed", message="The tool refund_order failed.")
    failed = a_call(outcome="failed", error=error)
    detail = 'File "tools/words.py", line 14\nZeroDivisionError: <b>'
    about = {"turn": 1, "call_id": failed.call_id, "name": failed.name, "outcome": "failed"}
    event = TimelineEntry(at=after(4), type="call_ended", known={**about, "detail": detail})

    html = sent(a_run(failed, ended=10), [*turn(1, 0, 2), event])["html"]

    assert html.count("Traceback</h3>") == 1
    assert "ZeroDivisionError: &lt;b&gt;" in html


def test_a_call_without_an_error_has_no_traceback():
    assert "Traceback" not in sent(a_run(a_call(), ended=10), turn(1, 0, 2))["html"]


@pytest.mark.parametrize(
    "known", [{"outcome": "awaiting_decision", "ended_at": None}, {}], ids=["waits", "over"]
)
def test_a_name_that_would_turn_the_text_about_does_so_nowhere_on_the_page(known: dict[str, Any]):
    turned = "\u202e"
    call = a_call(name=f"pay{turned}yap", arguments=f'{{"to": "{turned}"}}', **known)
    event = TimelineEntry(at=after(4), type=f"odd{turned}", known={})

    page = sent(replace(a_run(call), subject=f"order{turned}"), [*turn(1, 0, 2), event])

    assert turned not in page["html"] + page["title"]
    assert page["html"].count("pay\\u202eyap") > 3


def test_of_a_long_result_it_is_said_how_much_is_left_out_and_who_has_it():
    result = Result(output_text="z" * 20_007, object=None)

    html = sent(replace(a_run(ended=10), result=result))["html"]

    assert "7 characters more are left out here; <code>runrelay runs show</code>" in html


@pytest.mark.parametrize("names", [("input", "output"), ("prompt", "completion")])
def test_what_went_in_stands_before_what_came_out_and_both_before_their_sum(names: tuple[str, str]):
    usage = {"total_tokens": 3, **{f"{name}_tokens": 1 for name in names}}
    ended = Turn(
        turn=1, provider_id="resp_1", status="completed", started_at=after(0), ended_at=after(1), usage=usage
    )

    assert [words for _, words in token_names(replace(a_run(), turns=(ended,)))] == [
        "Input",
        "Output",
        "Total",
    ]
