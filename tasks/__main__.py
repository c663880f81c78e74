"""What `make` runs: `python -m tasks COMMAND`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from runrelay.command_line import Command, run_command
from tasks.commands import build, catalog, demo, deploy, down, invoke, links, up

COMMANDS: Final[Mapping[str, Command]] = {
    "demo": demo,
    "up": up,
    "down": down,
    "catalog": catalog,
    "build": build,
    "deploy": deploy,
    "invoke": invoke,
    "links": links,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    return run_command("python -m tasks", __doc__, COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
