"""Forwards the webhooks of a deployed stack to a local one, signed with the local one's secret."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from contracts import instant

from runrelay.command_line import CommandError
from runrelay.reach import Where, local_stack, reach
from runrelay.webhook.sending import SECRET, is_taken, post, signing_secret
from runrelay.webhook.tap import Tap


@dataclass(frozen=True, slots=True)
class Forwarded:
    """One webhook that was forwarded, or was to be.

    Attributes:
        about: What it names: `data.id`.
        run_id: The deployed stack's own run that it is about.
        status: What the local stack answered.
        trouble: Why there is no answer.
    """

    at: datetime
    webhook_id: str
    type: str
    about: str | None
    run_id: str | None
    status: int | None
    trouble: str | None = None


def forwarded(tap: Tap, directory: Path) -> Iterator[Forwarded]:
    """Forward webhooks as they come, without an end; one that is not taken comes again in half a minute."""
    while True:
        for message in tap.receive():
            one = _forward(json.loads(message["Body"])["detail"], directory)
            if is_taken(one.status):
                tap.delete(message)
            yield one


def _forward(relayed: dict[str, Any], directory: Path) -> Forwarded:
    event, webhook_id, trouble = relayed["event"], relayed["webhook_id"], None
    try:
        status = _post(event, webhook_id, directory)
    except (CommandError, BotoCoreError, ClientError) as error:
        status, trouble = None, str(error)
    data = event.get("data")
    about = data.get("id") if isinstance(data, dict) else None
    return Forwarded(instant.now(), webhook_id, event["type"], about, relayed["run_id"], status, trouble)


def _post(event: dict[str, Any], webhook_id: str, directory: Path) -> int:
    """Post it to the stack that is there now: it may have been started anew, with other addresses."""
    there = reach(Where(None, directory))
    secret = signing_secret(there, there.deployed(SECRET).outputs[SECRET])
    return post(local_stack(directory).webhook_url, event, secret, webhook_id=webhook_id, is_here=True)
