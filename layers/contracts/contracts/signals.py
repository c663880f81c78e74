"""Log lines and metrics that say which stack they are of: one account may have several."""

import os

from aws_lambda_powertools import Logger, Metrics


def stack_logger() -> Logger:
    """Make a function's logger; each line names the stack."""
    return Logger(stack=os.environ["STACK_NAME"])


def stack_metrics() -> Metrics:
    """Make a function's metrics; each has the stack as a dimension, beside the service."""
    metrics = Metrics()
    metrics.set_default_dimensions(stack=os.environ["STACK_NAME"])
    return metrics
