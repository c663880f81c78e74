"""`runrelay tools`: a folder of tools, on this machine. What it needs is imported when a command runs."""

import json as json_text
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runrelay.cli.app import group
from runrelay.cli.options import Json
from runrelay.cli.output import aside, print_json, say
from runrelay.command_line import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runrelay.toolbox.calling import Called
    from runrelay.toolbox.loaded import Toolbox

app = group("Begin a tool, check a folder of them, and call one, on this machine.")

USUAL = Path("tools")
EXTRA = ("pydantic", "pydantic_core", "docstring_parser")

Folder = Annotated[
    Path | None,
    typer.Option(
        "--tools",
        metavar="FOLDER",
        envvar="TOOLS",
        help="The folder with your tools; else tools/, if it is there.",
        show_default=False,
    ),
]
Seconds = Annotated[int, typer.Option("--tool-timeout-seconds", help="ToolTimeoutSeconds, as deployed.")]


@app.command("list")
def list_tools(*, tools: Folder = None, json: Json = False) -> None:
    """List the tools of the folder, or else the sample tools."""
    with _toolbox(tools) as box:
        report = box.report()
    for words in report.mistakes:
        aside.print(words, style="red", markup=False, soft_wrap=True)
    if json:
        print_json(report.entries)
    elif report.entries:
        for row in _rows(report.entries):
            say(row)
    else:
        say("There are no tools.")
    raise typer.Exit(1 if report.mistakes else 0)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the tool, and of its file.")],
    *,
    tools: Folder = None,
    json: Json = False,
) -> None:
    """Write a small tool to begin with."""
    from runrelay.toolbox.beginning import begin  # noqa: PLC0415

    path = begin(name, tools or USUAL)
    if json:
        print_json({"path": str(path)})
        return
    option = f" --tools {tools}" if tools else ""
    say(f"{path} is written. Then:")
    say(f"""  runrelay tools call {name} '{{"text": "one two"}}'{option}""")
    say(f"  runrelay tools check{option}")


@app.command()
def check(*, tools: Folder = None, seconds: Seconds = 120, json: Json = False) -> None:
    """Say what cannot work, each in one line with its file."""
    with _toolbox(tools) as box:
        report = box.report(seconds)
    if json:
        print_json({"mistakes": report.mistakes})
        raise typer.Exit(1 if report.mistakes else 0)
    if report.mistakes:
        raise CommandError("\n".join(report.mistakes))
    names = ", ".join(sorted(entry["name"] for entry in report.entries))
    say(f"{box.package}: {names or 'no tools'}.", style="green")


@app.command("call")
def call_tool(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    arguments: Annotated[str, typer.Argument(metavar="ARGS_JSON", help="As the model would write them.")],
    *,
    tools: Folder = None,
    secrets: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON with the secrets that it reads, by their names."),
    ] = None,
    json: Json = False,
) -> None:
    """Call one tool here: its side effects happen. Exit code 1 if it fails."""
    with _toolbox(tools) as box:
        from runrelay.toolbox.calling import call, secrets_of  # noqa: PLC0415 - it needs the extra

        tool = box.tool(name)
        if not json:
            aside.print(f"schema    {json_text.dumps(tool.signature.schema)}", markup=False, soft_wrap=True)
            aside.print(f"effect    {tool.effect}", markup=False, soft_wrap=True)
        called = call(tool, arguments, secrets_of(secrets))
        facts = {"schema": tool.signature.schema, "effect": tool.effect}
    _say_called(called, facts, json=json)
    raise typer.Exit(1 if called.output is None else 0)


def _say_called(called: "Called", facts: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json({**facts, **_flat(called)})
        return
    aside.print(f"approval  {called.approval}", markup=False, soft_wrap=True)
    if called.output is not None:
        say(called.output.text)
        return
    for words in filter(None, (called.detail, called.error)):
        aside.print(words, style="red", markup=False, soft_wrap=True)


def _flat(called: "Called") -> dict[str, Any]:
    output = called.output and called.output.text
    return {"approval": called.approval, "output": output, "error": called.error, "detail": called.detail}


@contextmanager
def _toolbox(folder: Path | None) -> "Iterator[Toolbox]":
    """Open a folder's tools.

    Raises:
        CommandError: It cannot be opened, or what it needs is not installed.
    """
    try:
        from runrelay.toolbox.loaded import toolbox  # noqa: PLC0415 - it needs the extra
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        raise CommandError(
            f"{error.name} is not installed, which tools need: pip install 'runrelay[tools]'"
        ) from error
    with toolbox(folder or (USUAL if USUAL.is_dir() else None)) as box:
        yield box


def _rows(entries: list[dict[str, Any]]) -> list[str]:
    """Write a table, as wide as it is: what reads it may cut it."""
    titles = ("NAME", "EFFECT", "APPROVAL", "TIMEOUT", "EXECUTOR", "WHAT IT DOES")
    rows: list[tuple[str, ...]] = [titles]
    for each in sorted(entries, key=lambda entry: str(entry["name"])):
        first = each["description"].partition("\n")[0]
        timeout = f"{each['timeout']} s"
        rows.append((each["name"], each["effect"], each["approval"], timeout, each["executor"], first))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
