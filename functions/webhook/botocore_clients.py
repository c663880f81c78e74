"""Botocore's clients, for environments that only it knows: a snapshot's credentials, a proxy, FIPS.

Each service is named here: the build packs those that a function's own code names (`tasks/slimming.py`).
"""

from typing import Any

import botocore.session
from botocore.config import Config


def clients(connect_timeout: float, read_timeout: float, attempts: int) -> tuple[Any, Any]:
    """Make those of Secrets Manager and SQS."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(connect_timeout=connect_timeout, read_timeout=read_timeout, retries=retries)
    session: Any = botocore.session.get_session()  # the clients it makes have no static types
    return session.create_client("secretsmanager", config=config), session.create_client("sqs", config=config)
