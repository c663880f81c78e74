"""Asks for more than `permissions.yaml` allows."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from runrelay.tools import ToolError, tool


@tool(effect="pure", timeout=10)
def peek(name: str) -> str:
    """Read any secret."""
    client = boto3.client("secretsmanager", config=Config(connect_timeout=1, read_timeout=2))
    try:
        answer = client.get_secret_value(SecretId=name)
    except ClientError as error:
        raise ToolError(error.response["Error"]["Code"]) from error
    return answer["SecretString"]
