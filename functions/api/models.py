"""What clients send and get, as the OpenAPI schema tells it."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from runrelay.catalog import load_catalog
from runrelay.status import Status

from functions.api.listing import run_id_of

RESERVED_METADATA = ("run_id", "turn")
MAX_METADATA_PAIRS = 16 - len(RESERVED_METADATA)
"""OpenAI takes sixteen pairs; two are ours."""

FIXED_OPTIONS = {"background": True, "store": True, "stream": False}
"""What Runrelay decides in a create body of kind `response`."""

type Cursor = Annotated[str, AfterValidator(run_id_of)]
type MetadataKey = Annotated[str, Field(min_length=1, max_length=64)]
type MetadataValue = Annotated[str, Field(max_length=512)]
type Metadata = dict[MetadataKey, MetadataValue]

METADATA = TypeAdapter[dict[str, str]](Metadata)


def _tool_in_catalog(name: str) -> str:
    if name not in load_catalog():
        raise ValueError(f"the catalog has no tool named {name}")
    return name


def _utf8(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("half a surrogate pair, which UTF-8 cannot say") from None
    return value


def _is_metadata(value: object) -> bool:
    try:
        METADATA.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


class StartRun(BaseModel):
    """A run to start."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["response", "session", "thread"] = Field(description="The OpenAI API the run lives on.")
    request: Annotated[dict[str, Any], AfterValidator(_utf8)] = Field(
        description="The OpenAI create body of that kind."
    )
    tools: list[Annotated[str, AfterValidator(_tool_in_catalog)]] = Field(
        default=[], max_length=128, description="Names of the catalog's tools that the model is offered."
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
    def _check_fixed_options(self) -> Self:
        if self.kind != "response":
            return self
        for name, value in FIXED_OPTIONS.items():
            if self.request.get(name, value) is not value:
                raise ValueError(f"request.{name}: must be {json.dumps(value)}, or left out")
        return self


class FailureView(BaseModel):
    """Why something ended badly."""

    code: str
    message: str


class CallView(BaseModel):
    """One tool call."""

    call_id: str
    turn: int
    name: str
    arguments: str = Field(description="JSON text, as the model wrote it.")
    effect: Literal["pure", "keyed", "verify", "once"]
    outcome: Literal["pending", "awaiting_decision", "running", "succeeded", "failed", "denied", "unknown"]
    attempts: int
    output: str | None = None
    error: FailureView | None = None
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None


class ResultView(BaseModel):
    """What a run came to."""

    output_text: str
    object: dict[str, Any] | None = Field(description="The provider's last object, whole.")


class RunSummary(BaseModel):
    """A run in a list."""

    run_id: str
    kind: Literal["response", "session", "thread"]
    status: Status
    turn: int = Field(description="How many turns the provider has accepted.")
    max_turns: int
    tools: list[str]
    metadata: dict[str, str]
    usage: dict[str, Any] | None
    error: FailureView | None
    deadline: str
    created_at: str
    updated_at: str
    ended_at: str | None


class RunView(RunSummary):
    """A run, whole."""

    provider_id: str | None = Field(description="OpenAI's id of the current turn's resource.")
    calls: list[CallView] = []
    result: ResultView | None = None


class RunPage(BaseModel):
    """Runs, newest first."""

    runs: list[RunSummary]
    cursor: str | None = Field(description="Give it back for the next page; null on the last one.")


class TimelineEntry(BaseModel):
    """One thing that happened to a run."""

    model_config = ConfigDict(extra="allow")

    at: str
    type: str


class Timeline(BaseModel):
    """What happened to a run, in order."""

    run_id: str
    events: list[TimelineEntry]
