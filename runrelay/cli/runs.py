"""`runrelay runs`: start them, list them, watch them, end them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from runrelay.cli.app import group
from runrelay.cli.inputs import moment_of, object_of, pairs_of, run_id_of, text_of
from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import print_json, say, say_aside
from runrelay.cli.runs_in_words import say_run, say_runs, say_unreadable
from runrelay.cli.watching import code_of, watch
from runrelay.client.errors import InvalidRequestError, UnreadableRunError
from runrelay.command_line import CommandError
from runrelay.reach import Where

if TYPE_CHECKING:
    from runrelay.client.blocking import Runrelay
    from runrelay.client.models import Run, Status, UnreadableRun

MODEL = "gpt-6-astra"
LIST, SHOW = "runrelay runs list", "runrelay runs show"

Kind = Literal["response", "session", "thread"]  # Typer reads no alias that is a `type`

app = group("Start runs, list them, show them, watch them, cancel or delete them.")

RunId = Annotated[str, typer.Argument(metavar="RUN_ID", callback=run_id_of)]


@app.command()
def start(  # noqa: PLR0913 - each an option
    *,
    text: Annotated[
        str | None,
        typer.Option("--input", metavar="TEXT|FILE", help="What the model is asked; - reads standard input."),
    ] = None,
    tool: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A tool of the catalog; repeatable.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="The OpenAI API that it lives on.")] = "response",
    model: Annotated[str, typer.Option(envvar="RUNRELAY_MODEL", help="Used with --input.")] = MODEL,
    request: Annotated[
        str | None,
        typer.Option(
            metavar="JSON|FILE", help="OpenAI's whole create body, in place of --input and --model."
        ),
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Whose it is, or what it is about.")] = None,
    metadata: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Repeatable.")] = None,
    deadline_seconds: Annotated[
        int | None, typer.Option(help="When it is cancelled; a day unless said otherwise.")
    ] = None,
    max_turns: Annotated[int | None, typer.Option(help="How many turns it may take.")] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same key and arguments start no second run.")
    ] = None,
    watching: Annotated[
        bool, typer.Option("--watch", help="Show what happens, until it is over; exit 0 if it completed.")
    ] = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Start a run."""
    where = Where.said(stack, directory)
    with where.client() as client:
        with _tools_told(where):
            started = client.runs.start(
                request=_request(kind, model, text, request),
                kind=kind,
                tools=tool or [],
                subject=subject,
                metadata=pairs_of(metadata or []) or None,
                deadline_seconds=deadline_seconds,
                max_turns=max_turns,
                idempotency_key=idempotency_key,
            )
        if watching:
            run = watch(client, started.run_id, json=json)
            raise typer.Exit(code_of(run))
    if json:
        print_json(started)
        return
    say(started.run_id)
    say_aside(f"Watch it: runrelay runs watch {started.run_id}{where.option}", style="dim")


@contextmanager
def _tools_told(where: Where) -> Iterator[None]:
    """Say where tools come from, if one is not there.

    Raises:
        CommandError: The catalog of the stack has not all that were named.
    """
    try:
        yield
    except InvalidRequestError as error:
        if not any(each.field.partition(".")[0] == "tools" for each in error.errors):
            raise
        put = "make deploy" if where.stack_name else "make up"
        raise CommandError(
            f"{error}\n  runrelay tools list   names those of your folder; `{put}` puts them on the stack"
        ) from error


def _request(kind: Kind, model: str, text: str | None, request: str | None) -> dict[str, Any]:
    if (text is None) == (request is None):
        raise typer.BadParameter("say either --input, or --request with OpenAI's whole create body")
    if request is not None:
        return object_of(request)
    words = text_of(text or "")
    match kind:
        case "response":
            return {"model": model, "input": words}
        case "session":
            return {"agent": {"model": model}, "input": words}
        case _:
            raise typer.BadParameter("a run of kind thread needs an assistant_id: say --request")


@app.command("list")
def list_runs(  # noqa: PLR0913 - each an option
    *,
    status: Annotated[
        list[str] | None, typer.Option(help="Only those with that status; repeatable, or with commas.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only those of that kind.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only those with exactly that subject.")] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="Created then or later: 2026-11-21T09:30Z, or 2h ago."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Created before.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """List runs, newest first."""
    damaged: list[UnreadableRun] = []
    wanted: dict[str, Any] = {"kind": kind, "subject": subject}
    wanted |= {"since": since and moment_of(since), "until": until and moment_of(until)}
    if words := [word for each in status or [] for word in each.split(",")]:
        wanted["status"] = cast("list[Status]", words)
    where = Where.said(stack, directory)
    with where.client() as client:
        found = list(client.runs.list(limit=limit, on_unreadable=damaged.append, **wanted))
    if json:
        print_json([*found, *damaged])
        return
    say_runs(found)
    for each in damaged:
        say_aside(
            f"{each.run_id} cannot be read: runrelay runs show {each.run_id}{where.option}", style="yellow"
        )


@app.command()
def show(
    run_id: RunId,
    *,
    include_request: Annotated[bool, typer.Option("--request", help="With what was asked.")] = False,
    json: Json = False,
    stack: Stack = None,
    directory: Directory = None,
) -> None:
    """Show a run: how it stands, its turns, its calls, and what it came to."""
    where = Where.said(stack, directory)
    with where.client(if_not_found=LIST, if_conflict=f"{SHOW} {run_id}") as client:
        try:
            run = client.runs.get(run_id, include_request=include_request)
        except UnreadableRunError as error:
            _show_what_is_left(error.run, json=json)
            raise
        if json:
            print_json(run)
        else:
            say_run(run, where, _details(client, run))


def _show_what_is_left(run: "UnreadableRun", *, json: bool) -> None:
    """Show what can be read of a run whose record is damaged."""
    if json:
        print_json(run)
    else:
        say_unreadable(run)


def _details(client: "Runrelay", run: "Run") -> dict[tuple[int, str], str]:
    """Read why calls failed, which the timeline alone has."""
    if all(call.outcome in {"succeeded", "denied"} for call in run.calls):
        return {}
    ended = [event.known for event in client.runs.events(run.run_id).events if event.type == "call_ended"]
    return {(each["turn"], each["call_id"]): each["detail"] for each in ended if each.get("detail")}


@app.command("watch")
def watch_run(run_id: RunId, *, json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """Show what happens to a run, until it is over; exit 0 if it completed."""
    with Where.said(stack, directory).client(if_not_found=LIST, if_conflict=f"{SHOW} {run_id}") as client:
        run = watch(client, run_id, json=json)
    raise typer.Exit(code_of(run))


@app.command()
def cancel(run_id: RunId, *, json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """Have a run cancelled; it ends `cancelled` a moment later."""
    with Where.said(stack, directory).client(if_not_found=LIST, if_conflict=f"{SHOW} {run_id}") as client:
        run = client.runs.cancel(run_id)
    if json:
        print_json(run)
    else:
        say(f"{run_id} is to be cancelled; it is {run.status}")


@app.command()
def delete(run_id: RunId, *, json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """Delete a run that is over: its records, its texts, and what OpenAI has of it."""
    with Where.said(stack, directory).client(if_not_found=LIST, if_conflict=f"{SHOW} {run_id}") as client:
        deletion = client.runs.delete(run_id)
    if json:
        print_json(deletion)
    else:
        say(f"{run_id} {'was' if deletion.deleted_at else 'is being'} deleted")
