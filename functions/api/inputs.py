"""What clients send, as the OpenAPI schema tells it."""

import json
from typing import Annotated, Any, Literal, Self

from contracts.catalog import load_catalog
from contracts.content import is_content
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from functions.api.create_bodies import first_mistake
from functions.api.listing import run_id_of

RESERVED_METADATA = ("run_id", "turn")
MAX_METADATA_PAIRS = 16 - len(RESERVED_METADATA)
"""OpenAI takes sixteen pairs; two are ours."""


def _tool_in_catalog(name: str) -> str:
    if name not in load_catalog():
        raise ValueError(f"the catalog has no tool named {name}")
    return name


def _utf8[T](value: T) -> T:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("half a surrogate pair, which UTF-8 cannot say") from None
    return value


type Cursor = Annotated[str, AfterValidator(run_id_of)]
type MetadataKey = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_utf8)]
type MetadataValue = Annotated[str, Field(max_length=512), AfterValidator(_utf8)]
type Metadata = dict[MetadataKey, MetadataValue]

METADATA = TypeAdapter[dict[str, str]](Metadata)


def _is_metadata(value: object) -> bool:
    try:
        METADATA.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


class StartRun(BaseModel):
    """A run to start."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["response", "session", "thread"] = Field(
        description="The OpenAI API the run lives on: `response` is a background Response, `session` one of "
        "the Agents API, `thread` a run of the Assistants API, which OpenAI closed on 2026-08-26; compatible "
        "servers have it."
    )
    request: Annotated[dict[str, Any], AfterValidator(_utf8)] = Field(
        description="The OpenAI create body of that kind. What is wrong with it beyond the rules here ends "
        "the run with OpenAI's own words. `stream` is false or left out.\n\n"
        "`response`: the body of `POST /responses`. `background` and `store` are true or left out.\n\n"
        "`session`: the body of `POST /agents/sessions`, with `agent` or `agent_id`. The environment is none "
        "unless it names one; `input` is then required.\n\n"
        "`thread`: the body of `POST /threads/runs`, with `assistant_id`; or with `thread_id` besides, "
        "the body of a run on that thread."
    )
    tools: list[Annotated[str, AfterValidator(_tool_in_catalog)]] = Field(
        default=[],
        max_length=128,
        description="Names of the catalog's tools that may be run, and that the model is offered. A session "
        "with `agent_id` and no `agent` is offered none, for they would replace the saved agent's: that one "
        "has to offer them itself, by the same names, and those named here may be run.",
    )
    deadline_seconds: int = Field(
        default=86_400,
        ge=1,
        le=30 * 86_400,
        description="After that the run is cancelled and ends `expired`.",
    )
    max_turns: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="A run that asks for more calls after that many ends `incomplete`.",
    )
    metadata: Metadata = Field(default={}, description="Sent on to OpenAI beside our `run_id` and `turn`.")

    @property
    def all_metadata(self) -> dict[str, str]:
        """The caller's metadata, wherever it stood."""
        return {**self.request.get("metadata", {}), **self.metadata}

    @model_validator(mode="after")
    def _check_metadata(self) -> Self:
        if not _is_metadata(self.request.get("metadata", {})):
            raise ValueError(
                "request.metadata: must be an object of strings: keys up to 64 characters, values up to 512"
            )
        if reserved := [name for name in RESERVED_METADATA if name in self.all_metadata]:
            raise ValueError(f"metadata.{reserved[0]}: is Runrelay's own")
        if len(self.all_metadata) > MAX_METADATA_PAIRS:
            raise ValueError(f"metadata: at most {MAX_METADATA_PAIRS} pairs")
        return self

    @model_validator(mode="after")
    def _check_request(self) -> Self:
        if mistake := first_mistake(self.kind, self.request):
            raise ValueError(mistake)
        return self


class Decide(BaseModel):
    """A person's decision on a call."""

    model_config = ConfigDict(extra="forbid", strict=True)

    approve: bool = Field(description="Whether what the model asked for may be done.")
    reason: Annotated[str, Field(max_length=1000), AfterValidator(_utf8)] | None = Field(
        default=None, description="Why; the model is told the reason of a refusal."
    )


class GiveOutput(BaseModel):
    """What came of a call that something outside executes: either an output or an error."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"oneOf": [{"required": ["output"]}, {"required": ["error"]}]},
    )

    output: Annotated[Any, AfterValidator(_utf8)] = Field(
        default=None,
        description="What the model is told: a string as it is; a list of OpenAI's content parts "
        "(`input_text`, `input_image`, `input_file`) as such; any other JSON as its text.",
    )
    error: (
        Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_utf8)] | SkipJsonSchema[None]
    ) = Field(
        default=None, description="Why there is no output, in words for the model; the call has failed."
    )

    @property
    def text(self) -> str | None:
        """The output as the model gets it; none if there is an error instead."""
        if self.error is not None:
            return None
        return self.output if isinstance(self.output, str) else json.dumps(self.output, ensure_ascii=False)

    @property
    def is_content(self) -> bool:
        """Whether the output is a list of content parts."""
        return self.error is None and is_content(self.output)

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("output: give either an output or an error")
        if "error" in self.model_fields_set and self.error is None:
            raise ValueError("error: must be a string")
        return self
