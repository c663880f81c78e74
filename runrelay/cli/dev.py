"""`runrelay dev`: of a checkout alone, whose tasks build the functions and start the local stack."""

import importlib
from pathlib import Path
from typing import Any

from runrelay.cli.options import Directory, Json
from runrelay.cli.output import words_aside
from runrelay.cli.tools import USUAL, Folder
from runrelay.command_line import CommandError
from runrelay.reach import STACK, Where
from runrelay.toolbox.folder import NO_FOLDER

CHECKOUT = Path(__file__).parents[2]


def dev(*, tools: Folder = None, json: Json = False, directory: Directory = None) -> None:
    """Have the local stack up while you write tools: what you save is live in seconds, and no run is lost.

    Starts the stack, or joins the one that is up; Ctrl-C stops the stack only if this command has started it.
    """
    if not (CHECKOUT / "tasks/dev.py").is_file():
        raise CommandError(
            "`runrelay dev` needs a checkout of Runrelay, for it builds the functions: "
            "there, `. .venv/bin/activate`, and type it again."
        )
    where = Where.said(None, directory)
    if where.stack_name:
        raise CommandError(
            f"`runrelay dev` is about the local stack, and {STACK} names one on AWS: unset {STACK}"
        )
    if tools is None and not USUAL.is_dir():
        raise CommandError(NO_FOLDER)
    task: Any = importlib.import_module("tasks.dev")
    with words_aside(when=json):
        task.run(tools or USUAL, where, prints_json=json)
