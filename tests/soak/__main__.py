"""`make soak`: `python -m tests.soak`."""

import sys

from runrelay.command_line import run_command
from tests.soak import command

if __name__ == "__main__":
    sys.exit(run_command("python -m tests", command.__doc__, {"soak": command}, ["soak", *sys.argv[1:]]))
