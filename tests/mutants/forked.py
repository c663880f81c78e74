"""Runs tests against a module that was changed, in a fork of a process that has imported all that is slow.

A mutant so costs about a second, and not ten. Nothing of ours may have been imported before the fork: the
fork imports the module under test with its change, wherever it is imported from.
"""

import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, Final

HEAVY: Final = (
    *("boto3", "botocore.session", "moto", "moto.core.models", "moto.dynamodb", "moto.sqs", "moto.s3"),
    *("moto.secretsmanager", "moto.events", "openai", "httpx2", "pydantic", "hypothesis", "standardwebhooks"),
    *("aws_lambda_powertools", "aws_lambda_powertools.event_handler", "starlette.applications", "uvicorn"),
    *(
        "uvicorn.protocols.http.h11_impl",
        "simulator.app",
        "simulator.serving",
        "yaml",
        "pytest",
        "pytest_cov",
    ),
    *("_pytest.assertion.rewrite", "anyio.pytest_plugin", "pytest_socket", "pytest_timeout", "xdist.plugin"),
)
OURS: Final = ("functions", "contracts", "tests.harness", "tests.conftest")

LEFT_OUT: Final = (
    "randomly",
    "cacheprovider",
    "xdist",
    "xdist.looponfail",
    "pytest_cov",
    "anyio",
)
BROKEN: Final = 70
"""The exit code of a fork that could not run pytest at all."""


@dataclass(frozen=True)
class Changed:
    """A module's file and the text that takes its place."""

    path: Path
    source: str


def warm_up() -> None:
    """Import what is slow and not ours."""
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            import_module(name)
    early = [name for name in sys.modules if name.startswith(OURS)]
    assert not early, f"imported before the fork: {early}"
    gc.freeze()


def start(changed: Changed | None, arguments: Sequence[str], *, root: Path, log: Path) -> int:
    """Begin to run tests in a fork, with a changed module or without; gives its process id.

    Args:
        arguments: What pytest takes.
    """
    if process := os.fork():
        return process
    try:
        os.setsid()
        code = _run(changed, arguments, root=root, log=log)
    except BaseException:  # noqa: BLE001 - a fork that came back would go on as its parent
        log.write_text(traceback.format_exc())
        code = BROKEN
    os._exit(code)


def _run(changed: Changed | None, arguments: Sequence[str], *, root: Path, log: Path) -> int:
    import pytest  # noqa: PLC0415 - imported before the fork

    os.chdir(root)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if changed:
        _put_in_place(changed)
    early = (
        "ignore::pytest.PytestAssertRewriteWarning"  # `anyio` is a plugin too, and imported before pytest is
    )
    plugins = [word for name in LEFT_OUT for word in ("-p", f"no:{name}")]
    options = ["-q", "-rfE", "--tb=line", "-W", early, *plugins]
    try:
        if (code := pytest.main([*options, *arguments])) != pytest.ExitCode.USAGE_ERROR:
            return int(code)
        whole = dict.fromkeys(
            each.partition("[")[0] for each in arguments
        )  # a case's name may hold the limit
        return int(pytest.main([*options, *whole]))
    finally:
        sys.stdout.flush()


def _put_in_place(changed: Changed) -> None:
    """Have every import of a file compile another text, which no cache knows."""
    get_code = SourceFileLoader.get_code

    def get_changed(loader: SourceFileLoader, fullname: str) -> CodeType | None:
        path = loader.get_filename(fullname)
        if Path(path).resolve() == changed.path:
            code: Any = compile(changed.source, path, "exec", dont_inherit=True)
            return code
        return get_code(loader, fullname)

    SourceFileLoader.get_code = get_changed  # type: ignore[method-assign]


def ended(process: int) -> int | None:
    """Give a fork's exit code; `None` while it runs."""
    which, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if which else None


def end(process: int) -> None:
    """End a fork that takes too long, and whatever it has begun."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
