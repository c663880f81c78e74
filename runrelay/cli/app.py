"""The commands, and what every one of them does with an error."""

import errno
import io
import os
import signal
import sys
from collections.abc import Sequence

import typer

from runrelay.cli.output import ERR, OUT, say_aside
from runrelay.client.errors import RunrelayError
from runrelay.command_line import CommandError, end_on_signals

IN = 0
INTERRUPTED = 128 + signal.SIGINT
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def group(words: str) -> typer.Typer:
    """Make a group of commands."""
    return typer.Typer(
        help=words,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run one command, and give its exit code: 0, done; 1, not done; 2, not understood."""
    end_on_signals()
    _open_what_is_closed()
    _print_in_any_encoding()
    try:
        app(None if arguments is None else list(arguments), prog_name="runrelay")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (CommandError, RunrelayError) as error:
        say_aside(str(error), style="red")
        return 1
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), OUT)  # else Python says it again as it ends
        say_aside(f"The answer cannot be written: {error.strerror}", style="red")
        return 1
    return 0


def _open_what_is_closed() -> None:
    """Have all three standard streams: to read one that was closed is an error, what is written is lost."""
    for number, name, mode in ((IN, "stdin", "r"), (OUT, "stdout", "w"), (ERR, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_WRONLY), True)  # which takes the lowest free number
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - as long as this runs


def _print_in_any_encoding() -> None:
    """Have a character that the terminal's encoding lacks be a question mark, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
