"""Runs that are deleted, or are to be: from the moment of the wish on, nobody is shown anything of them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from contracts.items import from_item, is_of_deleted
from contracts.records import Run, RunRequest

from functions.api.problems import ProblemError


class RunDeletedError(ProblemError):
    """The client wants a run that is deleted, or is to be, and gets a 410.

    Attributes:
        deleted_at: As clients see it; null while it is under way.
    """

    def __init__(self, run_id: str, deleted_at: str | None = None, *, provider_left: bool = False) -> None:
        words = f"the run {run_id} {'was' if deleted_at else 'is being'} deleted"
        super().__init__(HTTPStatus.GONE, words, deleted_at=deleted_at, provider_left=provider_left)
        self.deleted_at = deleted_at


def is_deleted(item: Mapping[str, Any]) -> bool:
    """Say whether an item is of a run that is deleted, or is to be."""
    return is_of_deleted(item) or "deletion_requested_at" in item


def read_run(item: Mapping[str, Any]) -> Run:
    """Read a run.

    Raises:
        RunDeletedError: It is deleted, or is to be.
    """
    refuse_deleted(item)
    return from_item(Run, item)


def refuse_deleted(item: Mapping[str, Any]) -> None:
    """Refuse to show a run's own item.

    Raises:
        RunDeletedError: It is deleted, or is to be.
    """
    if is_deleted(item):
        raise _deleted(item, item["pk"]["S"])


def read_request(item: Mapping[str, Any]) -> RunRequest:
    """Read a request.

    Raises:
        RunDeletedError: Its run is deleted.
    """
    if is_deleted(item):
        raise _deleted(item, item["run_id"]["S"])
    return from_item(RunRequest, item)


def _deleted(item: Mapping[str, Any], run_id: str) -> RunDeletedError:
    at = item.get("deleted_at", {}).get("S")
    return RunDeletedError(run_id, at, provider_left="provider_left" in item)
