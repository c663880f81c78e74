"""`runrelay inbox` and `runrelay calls`: what waits for a person, or for an output from outside."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from runrelay.cli.app import group
from runrelay.cli.inputs import document_of, run_id_of, text_of
from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import console, print_json, say, say_aside
from runrelay.cli.runs_in_words import age, asked, in_one_line, next_commands
from runrelay.client.errors import (
    ConflictError,
    DeletedError,
    InvalidRequestError,
    NotFoundError,
    UnreadableRunError,
)
from runrelay.client.models import Call, Run
from runrelay.command_line import CommandError
from runrelay.reach import Where

if TYPE_CHECKING:
    from runrelay.client.blocking import Runrelay

INBOX, SHOW = "runrelay inbox", "runrelay runs show"
APPROVE, DENY, ANSWER, SKIP, QUIT = "approve", "deny", "answer", "skip", "quit"

app = group("Approve or deny what waits for a person; give the output of what runs elsewhere.")

RunId = Annotated[str, typer.Argument(metavar="RUN_ID", callback=run_id_of)]
CallId = Annotated[
    str | None, typer.Argument(metavar="[CALL_ID]", help="Not needed if one call of the run waits.")
]
Reason = Annotated[str | None, typer.Option(help="In your words; of a refusal, the model is told.")]


@app.command()
def approve(  # noqa: PLR0913 - each an option
    run_id: RunId,
    call_id: CallId = None,
    *,
    reason: Reason = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Let a call be done."""
    _decide(Where.said(stack, directory), run_id, call_id, approve=True, reason=reason, json=json)


@app.command()
def deny(  # noqa: PLR0913 - each an option
    run_id: RunId,
    call_id: CallId = None,
    *,
    reason: Reason = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Have a call not be done; the model is told why."""
    _decide(Where.said(stack, directory), run_id, call_id, approve=False, reason=reason, json=json)


def _decide(  # noqa: PLR0913
    where: Where, run_id: str, call_id: str | None, *, approve: bool, reason: str | None, json: bool
) -> None:
    with where.client(if_not_found=INBOX, if_conflict=f"{SHOW} {run_id}") as client:
        if call_id is None:
            call_id = _awaiting_decision(client, run_id, where)
        call = client.runs.decide(run_id, call_id, approve=approve, reason=reason)
    _say(call, json=json)


@app.command()
def output(  # noqa: PLR0913 - each an option
    run_id: RunId,
    call_id: Annotated[str, typer.Argument(metavar="CALL_ID")],
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT|FILE", help="What the model is told; - reads standard input."),
    ] = None,
    *,
    parts: Annotated[
        bool, typer.Option("--parts", help="TEXT is JSON: OpenAI's content parts, or any document.")
    ] = False,
    error: Annotated[str | None, typer.Option(help="Why there is no output, in words for the model.")] = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Give the output of a call that something outside runs, or say why there is none."""
    if (text is None) == (error is None):
        raise typer.BadParameter("say either an output or --error")
    given: dict[str, object] = {"error": error}
    if text is not None:
        words = text_of(text)
        given = {"output": document_of(words) if parts else words}
    with Where.said(stack, directory).client(
        if_not_found=f"{SHOW} {run_id}", if_conflict=f"{SHOW} {run_id}"
    ) as client:
        call = client.runs.give_output(run_id, call_id, **given)  # type: ignore[arg-type]
    _say(call, json=json)


def inbox(
    *,
    subject: Annotated[str | None, typer.Option(help="Only of runs with exactly that subject.")] = None,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Show all that waits for somebody, oldest last; at a terminal, ask what to do with each."""
    where = Where.said(stack, directory)
    with where.client() as client:
        waiting = [
            (run, call)
            for summary in client.runs.list(status="requires_action", subject=subject)
            for run in _still_there(client, summary.run_id)
            for call in run.waiting_calls
        ]
        if json:
            print_json(
                [{"run_id": run.run_id, "subject": run.subject, "call": call} for run, call in waiting]
            )
        elif not waiting:
            say_aside("Nothing waits for anybody.")
        elif console.is_terminal and sys.stdin.isatty():
            _ask(client, waiting)
        else:
            for run, call in waiting:
                _show(run, call)
            for run in {run.run_id: run for run, _ in waiting}.values():
                for command in next_commands(run, where):
                    say(f"  {command}", style="cyan")


def _still_there(client: "Runrelay", run_id: str) -> Iterator[Run]:
    """Get a run of the list, unless it was deleted since, or is damaged, which is said."""
    try:
        yield client.runs.get(run_id)
    except (DeletedError, NotFoundError):
        return
    except UnreadableRunError as error:
        say_aside(str(error), style="yellow")


def _show(run: Run, call: Call, *, whole: bool = False) -> None:
    kind = "a person" if call.awaits_decision else "an output"
    about = f"  {in_one_line(run.subject)}" if run.subject else ""
    say(f"{run.run_id}  {call.call_id}  {age(call.created_at)}  waits for {kind}{about}")
    words = asked(call, whole=whole).replace("\n", "\n        ")  # none of its lines looks like one of ours
    say(f"    {words}", style="bold")


def _ask(client: "Runrelay", waiting: list[tuple[Run, Call]]) -> None:
    """Go through what waits, one by one."""
    for number, (run, call) in enumerate(waiting, 1):
        say(f"\n{number} of {len(waiting)}", style="dim")
        _show(run, call, whole=True)
        words = (APPROVE, DENY) if call.awaits_decision else (ANSWER,)
        while (word := _choice(*words, SKIP, QUIT)) not in {SKIP, QUIT}:
            if _is_settled(client, run, call, word):
                break
        if word == QUIT:
            return


def _is_settled(client: "Runrelay", run: Run, call: Call, word: str) -> bool:
    """Do what was chosen, and say whether the call waits no more; else what was typed is refused."""
    try:
        _say(_done(client, run, call, word), json=False)
    except (ConflictError, DeletedError, NotFoundError) as error:  # somebody was sooner
        say_aside(str(error), style="yellow")
    except InvalidRequestError as error:
        say_aside(str(error), style="yellow")
        return False
    return True


def _done(client: "Runrelay", run: Run, call: Call, word: str) -> Call:
    if word == ANSWER:
        return client.runs.give_output(run.run_id, call.call_id, output=typer.prompt("output", err=True))
    reason = typer.prompt("why (Enter for none)", default="", show_default=False, err=True)
    return client.runs.decide(run.run_id, call.call_id, approve=word == APPROVE, reason=reason or None)


def _choice(*words: str) -> str:
    """Ask for one of some words, by its first letter or whole."""
    while True:
        given = typer.prompt(" / ".join(f"[{word[0]}]{word[1:]}" for word in words), err=True).strip().lower()
        for word in words:
            if given and word.startswith(given):
                return word


def _awaiting_decision(client: "Runrelay", run_id: str, where: Where) -> str:
    """Find the one call of a run that waits for a decision.

    Raises:
        CommandError: None does, or several do.
    """
    calls = [call for call in client.runs.get(run_id).waiting_calls if call.awaits_decision]
    if len(calls) == 1:
        return calls[0].call_id
    if not calls:
        raise CommandError(
            f"No call of {run_id} waits for a decision: runrelay runs show {run_id}{where.option}"
        )
    names = "\n".join(f"  {call.call_id}  {asked(call)}" for call in calls)
    raise CommandError(f"Several calls of {run_id} wait for a decision; say which:\n{names}")


def _say(call: Call, *, json: bool) -> None:
    if json:
        print_json(call)
    else:
        say(f"{call.call_id}  {call.name}  {call.decision or call.outcome}")
