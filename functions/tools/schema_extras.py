"""What a type may say about its schema beside its structure, and by which name a model's field is told.

Arguments are written by the schema and read by the type: where the two differ, each call breaks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.tools.plain_function import parts
from functions.tools.strict_schema import NotStrictError

_STRUCTURE = frozenset(
    {"$defs", "$ref", "additionalProperties", "anyOf", "items", "properties", "required", "type"}
)


def check_extras(core_schema: Any) -> None:  # noqa: ANN401 - any part of a core schema
    """See whether no `json_schema_extra` changes what a value is.

    Raises:
        NotStrictError: One does, or may.
    """
    for extra in _extras(core_schema):
        if not isinstance(extra, Mapping):
            raise NotStrictError("has a json_schema_extra that is a function: write a dict.")
        if changed := ", ".join(sorted(_STRUCTURE & extra.keys())):
            raise NotStrictError(
                f"has a json_schema_extra with {changed}: the model would write what the type does not take. "
                "Have the type say it."
            )


def check_aliases(core_schema: Any) -> None:  # noqa: ANN401 - any part of a core schema
    """See whether each field is read from where its schema has it.

    Raises:
        NotStrictError: One is read from somewhere within another value.
    """
    for part in parts(core_schema):
        alias = part.get("validation_alias")
        if isinstance(alias, list) and not any(isinstance(each, list) and len(each) == 1 for each in alias):
            raise NotStrictError("has an AliasPath, which no schema can say. Give a plain alias, or none.")


def _extras(core_schema: Any) -> Iterator[Any]:  # noqa: ANN401 - any part of a core schema
    """Give what is said by fields, and by the models and dataclasses themselves."""
    for part in parts(core_schema):
        said = [part.get("pydantic_js_extra")]
        if isinstance(cls := part.get("cls"), type):
            configs = [getattr(cls, name, None) for name in ("model_config", "__pydantic_config__")]
            said += [config.get("json_schema_extra") for config in configs if isinstance(config, Mapping)]
        yield from (each for each in said if each)
