"""The AWS of a local stack: MiniStack, on this machine, whose root credentials everybody knows."""

from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

REGION: Final = "us-east-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def client(service: str, endpoint_url: str) -> Any:  # noqa: ANN401 - the caller names the type
    """Make a boto3 client that can reach nothing but this MiniStack."""
    make_client: Callable[..., Any] = boto3.client  # whose overloads want the service's name as a literal
    return make_client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),
    )
