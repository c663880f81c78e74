"""MiniStack: AWS in one process of this machine, seen by nobody else."""

import os
from collections.abc import Mapping
from pathlib import Path

from runrelay.local_aws import CREDENTIALS, REGION
from tasks import scratch
from tasks.checkout import MINISTACK_PYTHON
from tasks.daemon import Daemon


def start(directory: Path, port: int, environment: Mapping[str, str]) -> Daemon:
    """Start a MiniStack whose ports, files and processes are all its own.

    The functions inherit its environment, so nothing of the caller's gets in: no real key, no real account.
    """
    scratch.sweep()
    data = scratch.make(directory / "data")
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "TMPDIR": str(data),
        "S3_DATA_DIR": str(data / "s3"),
        "STATE_DIR": str(data / "state"),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",  # an HTTP API is at http://<id>.execute-api.localhost
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": "60",  # an instance that has nothing to do is ended, and its copy removed
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
    }
    daemon = Daemon.start(
        "ministack",
        # MiniStack takes no arguments; this option, which Python ignores, says whose it is.
        [MINISTACK_PYTHON, "-X", f"stack={directory}", "-m", "ministack"],
        directory=directory,
        environment={**own, **environment},
    )
    scratch.give_to(daemon, data)
    return daemon


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
