"""Botocore's clients: of S3, which is seldom needed, and of all for environments that only botocore knows.

Each service is named here: the build packs those that a function's own code names (`tasks/slimming.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore.config import Config


def makers(connect_timeout: float, read_timeout: float, attempts: int) -> Mapping[str, Callable[[], Any]]:
    """Give what makes a client of each service; one after another, for a session makes one at a time."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=connect_timeout, read_timeout=read_timeout, retries=retries)
    session: Any = botocore.session.get_session()  # the clients it makes have no static types
    return {
        "dynamodb": lambda: session.create_client("dynamodb", config=config),
        "events": lambda: session.create_client("events", config=config),
        "s3": lambda: session.create_client("s3", config=config),
        "secretsmanager": lambda: session.create_client("secretsmanager", config=config),
        "sqs": lambda: session.create_client("sqs", config=config),
    }
