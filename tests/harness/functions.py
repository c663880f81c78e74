"""The functions, run as Lambda runs them: instances that serve one event at a time.

An event that comes while an instance is busy gets another one; an instance that was killed is never used
again. So two workers that overlap have different owners, and a crash leaves nothing in memory.
"""

import importlib.util
import io
import logging
import os
import sys
import tempfile
import time
import uuid
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TextIO

import httpx2

from tests.harness.clock import real_time
from tests.harness.template import ACCOUNT, REGION, Template
from tests.harness.transports import used_by
from tests.harness.wire import Killed, Wire

LOGICAL_IDS = {
    "webhook": "WebhookFunction",
    "api": "ApiFunction",
    "worker": "WorkerFunction",
    "tools": "ToolFunction",
    "sweeper": "SweeperFunction",
    "trace": "TraceFunction",
}


ONE_BY_ONE = {"RECORDS_AT_ONCE": "1"}
"""A world decides what happens when; a test that has records looked at side by side says so."""


@dataclass(frozen=True)
class Context:
    """A Lambda context."""

    function_name: str
    ends_at: float
    memory_limit_in_mb: int
    seconds: Callable[[], float] = time.monotonic
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return max(0, int((self.ends_at - self.seconds()) * 1000))


@dataclass(frozen=True)
class Instance:
    """A function's module, run anew, and the connections it has opened."""

    module: ModuleType
    transports: set[httpx2.HTTPTransport] = field(default_factory=set)

    def end(self) -> None:
        """Close its connections, as the end of a process does."""
        for transport in self.transports:
            transport.close()


class Function:
    """One function and its instances, which outlive a world as Lambda's outlive a request."""

    def __init__(
        self,
        name: str,
        template: Template,
        *,
        seconds: Callable[[], float] = time.monotonic,
        settings: Mapping[str, str] = ONE_BY_ONE,
    ) -> None:
        """Make it without an instance.

        Args:
            seconds: What its time is counted by.
            settings: In the place of what the template sets.
        """
        properties = template.properties(LOGICAL_IDS[name])
        self.name = name
        self.timeout: float = template.resolved(LOGICAL_IDS[name], "Timeout")
        self._seconds = seconds
        self._memory: int = properties["MemorySize"]
        self._module, _, self._handler = properties["Handler"].rpartition(".")
        self._environment = {**template.environment(LOGICAL_IDS[name]), **settings}
        self._idle: list[Instance] = []
        self.output = io.StringIO()
        """What it printed: its log lines and metrics."""
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115
        weakref.finalize(self, self._errors.close)

    def invoke(self, event: dict[str, Any], wire: Wire, *, seconds: float | None = None) -> Any:
        """Run the handler in a free instance.

        Args:
            seconds: How long it has; its timeout if absent.

        Raises:
            Killed: The wire killed it; the instance is gone.
        """
        instance = self._idle.pop() if self._idle else self._start()
        context = Context(self.name, self._seconds() + (seconds or self.timeout), self._memory, self._seconds)
        handler = getattr(instance.module, self._handler)
        try:
            with (
                wire.invocation(self.name),
                used_by(instance.transports),
                redirect_stdout(self.output),
                _standard_error_in(self._errors),
                warnings.catch_warnings(),
            ):
                # The tool function forks, as it does in Lambda, but here the simulator has its thread.
                warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)
                answer = handler(event, context)
        except Killed:
            instance.end()
            raise
        except Exception:
            self._idle.append(instance)
            raise
        self._idle.append(instance)
        return answer

    @property
    def errors(self) -> str:
        """What went to standard error, its processes' included: Lambda takes that into its log too."""
        self._errors.flush()
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), size, 0).decode("utf-8", "replace")

    def forget_instances(self) -> None:
        """Have the next event served by a new instance."""
        self._keep([])

    def begin_anew(self) -> None:
        """Have the next event served by a new instance, and what overlaps it by the one that served last."""
        self._keep([*(self._idle[-1:] or [self._start()]), self._start()])

    def forget_output(self) -> None:
        """Begin with an empty page."""
        self.output.seek(0)
        self.output.truncate()
        self._errors.seek(0)
        self._errors.truncate()

    def _keep(self, instances: list[Instance]) -> None:
        """Go on with these instances alone."""
        for instance in self._idle:
            if instance not in instances:
                instance.end()
        self._idle = instances

    def _start(self) -> Instance:
        """Run the function's `app` module anew, beside any other instance of it."""
        specification = importlib.util.find_spec(self._module)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        others, clock = dict(os.environ), real_time() if self.name == "webhook" else nullcontext()
        os.environ.update(self._environment)
        try:
            with redirect_stdout(self.output), clock:
                specification.loader.exec_module(module)
        finally:
            os.environ.update(others)
        for handler in logging.getLogger(self.name).handlers:
            # A logger is made once in a process, and would go on printing to whichever function was first.
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(_CurrentOutput())
        return Instance(module)


@contextmanager
def _standard_error_in(file: TextIO) -> Iterator[None]:
    """Have a file be standard error, as Python has it and as the processes that it starts do."""
    sys.stderr.flush()
    before = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        with redirect_stderr(file):
            yield
    finally:
        file.flush()
        os.dup2(before, 2)
        os.close(before)


class _CurrentOutput(io.TextIOBase):
    """Standard output as it is when something is printed."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()
