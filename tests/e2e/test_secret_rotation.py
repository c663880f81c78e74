"""A rotation of the signing secret while webhooks come."""

from http import HTTPStatus
from pathlib import Path

from runrelay_client import Client
from webhook_flood import SENDERS, flooded

from runrelay.__main__ import main

WHEN_BUSY = {HTTPStatus.TOO_MANY_REQUESTS}
"""Said by the gateway, before anyone looks at a signature, when others have taken all instances."""


def test_under_twenty_webhooks_a_second_a_rotation_refuses_none(client: Client, tmp_path: Path):
    client.stack.write(tmp_path / "stack.json")

    with flooded(client) as flood:
        while flood.amid <= SENDERS:  # else none came between what a rotation does
            assert main(["webhook", "rotate", "--directory", str(tmp_path)]) == 0

    assert flood.statuses.keys() - WHEN_BUSY == {HTTPStatus.ACCEPTED}
