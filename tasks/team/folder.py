"""The option that names a team's folder, for a task; without it, it is `tools/` in the checkout."""

import argparse
import os
from pathlib import Path

from runrelay.toolbox.folder import ENVIRONMENT, PERMISSIONS, REQUIREMENTS, TeamFolder
from tasks.checkout import ROOT

__all__ = ["ENVIRONMENT", "PERMISSIONS", "REQUIREMENTS", "TeamFolder", "add_tools", "given"]


def add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tools",
        default=os.environ.get("TOOLS", _usual()),
        help="a folder with your own tools (default: $TOOLS, or tools/ if it is there)",
    )


def given(arguments: argparse.Namespace) -> TeamFolder | None:
    """Give the folder that a command is about; without one it is about the sample tools.

    Raises:
        CommandError: It is no folder, or none that can be imported from.
    """
    return TeamFolder(Path(arguments.tools).resolve()) if arguments.tools else None


def _usual() -> str:
    usual = ROOT / "tools"
    return str(usual) if usual.is_dir() else ""
