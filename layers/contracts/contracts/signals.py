"""Log lines and metrics that say which stack they are of: one account may have several."""

import logging
import os
from threading import Lock
from typing import Any

from aws_lambda_powertools import Logger, Metrics

TALKATIVE = ("httpx2", "botocore")
"""Libraries that tell of each request with its URL, or of where credentials were found, as `INFO`."""


def stack_logger() -> Logger:
    """Make a function's logger; each line names the stack.

    Its moment is as Lambda asks for it, which else would add one of its own. No line says where in the code
    it was written: a message stands at one place, and an error says the way to it.

    Lambda has the root logger write whatever is `INFO`, by the template's `ApplicationLogLevel`: so what
    libraries have to say is kept to warnings.
    """
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return Logger(stack=os.environ["STACK_NAME"], location=None, use_rfc3339=True)


class SharedMetrics(Metrics):
    """Metrics that several threads count at once: Powertools reads a list, adds to it, and writes it back."""

    _adding = Lock()

    def add_metric(self, *words: Any, **more: Any) -> None:  # noqa: ANN401 - as Powertools has it
        """Count, one thread after another."""
        with self._adding:
            super().add_metric(*words, **more)


def stack_metrics() -> Metrics:
    """Make a function's metrics; each has the stack as a dimension, beside the service."""
    metrics = SharedMetrics()
    metrics.set_default_dimensions(stack=os.environ["STACK_NAME"])
    return metrics
