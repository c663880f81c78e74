"""What one needs to know of a running local stack, and the file that says it."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from runrelay import local_aws


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A local stack that is up: `stack.json`, field by field."""

    api_url: str
    webhook_url: str
    simulator_url: str
    webhook_secret: str
    aws_endpoint_url: str
    region: str
    table_name: str
    run_queue_url: str
    tool_queue_url: str
    run_dead_letter_queue_url: str
    tool_dead_letter_queue_url: str
    api_headers: dict[str, str]
    """What a plain HTTP client must send to the API."""
    payload_bucket_name: str
    http_api_id: str
    stack_name: str
    openai_api_key: str
    parameters: dict[str, str]
    """The template parameters it was deployed with."""
    pids: dict[str, int]
    console_url: str | None = None
    """The console's, with its token, if one is served."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it.

        Raises:
            OSError, RecursionError, TypeError, ValueError: It is none, or of another version.
        """
        made = cls(**json.loads(path.read_text()))
        for each in fields(cls):
            if each.type is str and not isinstance(getattr(made, each.name), str):
                raise TypeError(f"{each.name} is no text")
        return made

    def write(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller names the type
        """Make a boto3 client of this stack's AWS."""
        return local_aws.client(service, self.aws_endpoint_url)
