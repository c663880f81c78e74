"""One attribute of an item, read as the type of its field says; what is of another type is refused."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin

from contracts import instant
from contracts.outside_json import read_json
from contracts.payloads import Stored
from contracts.records import Failure

NOT_READ = (KeyError, TypeError, ValueError, OverflowError)
"""What reading an attribute raises that is of another type, or garbage; the words may quote it."""


def value_of(hint: Any, written: Mapping[str, str]) -> Any:  # noqa: ANN401 - any field of any record
    """Read an attribute.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: It holds something else, as in `NOT_READ`.
    """
    wanted = _plain(hint)
    if wanted is int:
        return int(written["N"])
    text = written["S"]
    match get_origin(wanted):
        case None:
            return _READERS[wanted](text)
        case origin if origin is Literal:
            return _one_of(get_args(wanted), text)
        case origin if origin is tuple:
            return tuple(_typed(str, each) for each in _typed(list, read_json(text)))
        case _:
            return _mapping(get_args(wanted)[1], text)


def _plain(hint: Any) -> Any:  # noqa: ANN401
    """Look through an alias and an optional to the type that decides how text is read."""
    if isinstance(hint, TypeAliasType):
        return _plain(hint.__value__)
    if get_origin(hint) in (Union, UnionType):  # an alias and `None` make the former
        return _plain(next(member for member in get_args(hint) if member is not type(None)))
    return hint


def _one_of(words: tuple[str, ...], text: str) -> str:
    if text not in words:
        raise ValueError(text)
    return text


def _mapping(hint: Any, text: str) -> Mapping[str, Any]:  # noqa: ANN401
    """Read an object whose values are all text, or objects, or anything."""
    document: Mapping[str, Any] = _typed(dict, read_json(text))
    of: type = object if hint is Any else get_origin(hint) or hint
    return {name: _typed(of, value) for name, value in document.items()}


def _typed[T](of: type[T], value: Any) -> T:  # noqa: ANN401
    if not isinstance(value, of):
        raise TypeError(of)
    return value


def _moment(text: str) -> datetime:
    moment = instant.from_text(text)
    if moment.tzinfo is None or not instant.to_text(moment):  # which overflows at either end of time
        raise ValueError(text)
    return moment


def _failure(text: str) -> Failure:
    facts = read_json(text)
    return Failure(_typed(str, facts["code"]), _typed(str, facts["message"]))


def _stored(text: str) -> Stored:
    place, _, rest = text.partition(":")
    if place != "inline" and (place != "s3" or not rest):
        raise ValueError(place)
    return Stored(text)


_READERS: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    datetime: _moment,
    Failure: _failure,
    Stored: _stored,
}
