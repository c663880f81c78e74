"""From JSON to models: what is new is passed over, what is missing must have a default."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from cattrs import Converter

from runrelay.client.errors import UnreadableRunError
from runrelay.client.models import Run, RunSummary, TimelineEntry, UnreadableRun

_converter = Converter(detailed_validation=False)


def decoded[T](model: type[T], document: Mapping[str, Any]) -> T:
    """Make a model of a document.

    Raises:
        KeyError, TypeError, ValueError: It is another document.
    """
    return _converter.structure(document, model)


def whole_run(document: Mapping[str, Any]) -> Run:
    """Make a run of a document.

    Raises:
        UnreadableRunError: It is that of a damaged one.
        KeyError, TypeError, ValueError: It is another document.
    """
    if document.get("readable") is False:
        raise UnreadableRunError(decoded(UnreadableRun, document))
    return decoded(Run, document)


def _with_what_is_known[T: (TimelineEntry, UnreadableRun)](model: type[T]) -> None:
    """Have a model keep in `known` what it has no field for."""
    own = {each.name for each in fields(model)} - {"known"}
    structure = _converter.get_structure_hook(model)

    def read(document: Mapping[str, Any], _: type[T]) -> T:
        known = {name: value for name, value in document.items() if name not in own}
        made: T = structure({**document, "known": known}, model)
        return made

    _converter.register_structure_hook(model, read)


def _listed(document: Mapping[str, Any], _: object) -> RunSummary | UnreadableRun:
    if document.get("readable") is False:
        return decoded(UnreadableRun, document)
    return decoded(RunSummary, document)


_converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
_with_what_is_known(TimelineEntry)
_with_what_is_known(UnreadableRun)
_converter.register_structure_hook(RunSummary | UnreadableRun, _listed)
