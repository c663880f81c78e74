"""Metrics with dimensions of their own: each is published at once, as a total and by its dimensions.

Embedded metric format has one list of dimensions for all metrics of a line; so these are lines of their own.
Dimensions are bounded: kinds, statuses, outcomes, reasons, and the catalog's tools, never ids.
"""

import json
import os
import sys
from collections.abc import Container
from contextlib import suppress
from datetime import datetime

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

from contracts.records import Call, Outcome

UNKNOWN_TOOL = "unknown"
"""The name under which tools are counted that are not in the catalog: a model may invent any."""

_OF_CALLS: dict[Outcome, str] = {
    "succeeded": "CallSucceeded",
    "failed": "CallFailed",
    "denied": "CallDenied",
    "unknown": "CallOutcomeUnknown",
}


def count(name: str, **dimensions: str) -> None:
    """Count one more."""
    _publish(name, MetricUnit.Count, 1, dimensions)


def count_call(call: Call, catalog: Container[str], outcome: Outcome | None = None) -> None:
    """Count what came of a call, by its tool.

    Args:
        outcome: What it counts as, if that is not what is written on it.
    """
    if metric := _OF_CALLS.get(outcome or call.outcome):
        count(metric, tool=call.name if call.name in catalog else UNKNOWN_TOOL)


def count_seconds(name: str, since: datetime, until: datetime, **dimensions: str) -> None:
    """Measure how long something took; clocks that differ make it nothing, and never less."""
    _publish(name, MetricUnit.Seconds, max(0.0, (until - since).total_seconds()), dimensions)


def _publish(name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
    with suppress(Exception):  # a metric that cannot be written harms nothing
        metrics = EphemeralMetrics()
        metrics.set_default_dimensions(stack=os.environ["STACK_NAME"])
        metrics.add_metric(name, unit, value)
        if dimensions:
            metrics.add_dimensions(service=str(metrics.service), **dimensions)
        _print(metrics)


def _print(metrics: EphemeralMetrics) -> None:
    """Write them in one piece: `flush_metrics` would let another thread's line come before the line's end."""
    if not is_metrics_disabled():
        sys.stdout.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
