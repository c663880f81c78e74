"""The `@tool` decorator: a typed Python function becomes a tool the model can call."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, get_type_hints

import docstring_parser
from pydantic import BaseModel, ConfigDict, Field, create_model
from runrelay.catalog import Approval, CatalogEntry
from runrelay.records import Effect

CONTEXT_PARAMETER = "context"


class ToolError(Exception):
    """A failure that the model may be told about, in the words given."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call it serves.

    Attributes:
        idempotency_key: The same for every attempt of this call; give it to whatever has the side effect.
        attempt: 1 for the first.
        deadline: When the call will be ended.
        metadata: The run's own.
    """

    run_id: str
    call_id: str
    idempotency_key: str
    attempt: int
    deadline: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Tool:
    """A function of the catalog, with what is declared about it."""

    function: Callable[..., Any]
    effect: Effect
    approval: Approval
    timeout: int

    @property
    def name(self) -> str:
        """The name the model calls it by."""
        return self.function.__name__

    @cached_property
    def arguments_model(self) -> type[BaseModel]:
        """The function's parameters as a strict model: nothing missing, nothing more, no coercion."""
        documented = {parameter.arg_name: parameter.description for parameter in self._docstring.params}
        hints = get_type_hints(self.function, include_extras=True)
        parameters = {
            name: (hints[name], Field(description=documented.get(name)))
            for name in inspect.signature(self.function).parameters
            if name != CONTEXT_PARAMETER
        }
        config = ConfigDict(extra="forbid", strict=True)
        model: type[BaseModel] = create_model(f"{self.name}_arguments", __config__=config, **parameters)  # type: ignore[call-overload]
        return model

    @property
    def entry(self) -> CatalogEntry:
        """What others know of it without its code."""
        return CatalogEntry(
            name=self.name,
            description=self._docstring.description or "",
            parameters=_strict(self.arguments_model.model_json_schema()),
            effect=self.effect,
            approval=self.approval,
            timeout=self.timeout,
        )

    @cached_property
    def _docstring(self) -> docstring_parser.Docstring:
        return docstring_parser.parse(
            inspect.getdoc(self.function) or "", docstring_parser.DocstringStyle.GOOGLE
        )

    def call(self, arguments: BaseModel, context: ToolContext) -> Any:  # noqa: ANN401 - what tools return
        """Run the function with validated arguments."""
        values = {name: getattr(arguments, name) for name in type(arguments).model_fields}
        if CONTEXT_PARAMETER in inspect.signature(self.function).parameters:
            values[CONTEXT_PARAMETER] = context
        return self.function(**values)


def tool(
    *, effect: Effect = "once", approval: Approval = "never", timeout: int = 30
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a function a tool.

    Its parameters and their types become the JSON schema, its docstring the description (Google style: an
    `Args:` section describes the parameters). A keyword parameter `context` gets a `ToolContext`.

    Args:
        effect: What may be done if a call's outcome is unknown: `pure` runs again, `keyed` runs again with
            the same idempotency key, `verify` asks first, `once` is never run again.
        approval: Whether a person decides before the call runs.
        timeout: Seconds; then the call is ended and the model is told.
    """

    def make(function: Callable[..., Any]) -> Tool:
        return Tool(function, effect, approval, timeout)

    return make


def _strict(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON schema
    """Make a schema OpenAI's strict kind: every object closed, every property required, no made-up titles."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {
        name: {key: _strict(value) for key, value in part.items()}
        if name in ("properties", "$defs")
        else _strict(part)
        for name, part in schema.items()
        if name not in ("title", "default")
    }
    if parts.get("type") == "object" and "properties" in parts:
        parts |= {"additionalProperties": False, "required": list(parts["properties"])}
    return parts
