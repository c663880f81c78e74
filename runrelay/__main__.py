"""The `runrelay` command, against a stack that is deployed, or local."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from runrelay import relist
from runrelay.command_line import Command, run_command
from runrelay.dlq import command as dlq
from runrelay.logs import command as logs
from runrelay.webhook import command as webhook

COMMANDS: Final[Mapping[str, Command]] = {"dlq": dlq, "logs": logs, "relist": relist, "webhook": webhook}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    program = "runrelay" if Path(sys.argv[0]).stem == "runrelay" else "python -m runrelay"
    return run_command(program, __doc__, COMMANDS, arguments)


if __name__ == "__main__":
    sys.exit(main())
