"""MiniStack: AWS in one process of this machine, seen by nobody else."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

from cli import scratch
from cli.checkout import MINISTACK_PYTHON
from cli.daemon import Daemon

REGION: Final = "us-east-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # MiniStack's root


def start(directory: Path, port: int, environment: Mapping[str, str]) -> Daemon:
    """Start a MiniStack whose ports, files and processes are all its own.

    The functions inherit its environment, so nothing of the caller's gets in: no real key, no real account.
    """
    data = scratch.make(directory / "data")
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "TMPDIR": str(data),
        "S3_DATA_DIR": str(data / "s3"),
        "STATE_DIR": str(data / "state"),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
    }
    return Daemon.start(
        "ministack",
        # MiniStack takes no arguments; this option, which Python ignores, says whose it is.
        [MINISTACK_PYTHON, "-X", f"stack={directory}", "-m", "ministack"],
        directory=directory,
        environment={**own, **environment},
    )


def client(service: str, endpoint_url: str) -> Any:  # noqa: ANN401 - the caller names the type
    """Make a boto3 client that can reach nothing but this MiniStack."""
    make_client: Callable[..., Any] = boto3.client  # whose overloads want the service's name as a literal
    return make_client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - MiniStack's root
        config=Config(proxies={}),
    )


def shell_environment(endpoint_url: str) -> dict[str, str]:
    """Give a program the same certainty: nothing of the caller's AWS configuration is left."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.1",  # seconds
    }
