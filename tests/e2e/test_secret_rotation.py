"""A rotation of the signing secret while webhooks come."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from runrelay_client import Client

from runrelay.__main__ import main

SENDERS = 3
"""As many webhooks at once as the local stack has instances for: none is refused for want of one."""

EACH_SECOND = 20
SECONDS_AROUND = 3


def test_under_twenty_webhooks_a_second_a_rotation_refuses_none(client: Client, tmp_path: Path):
    client.stack.write(tmp_path / "stack.json")
    over = Event()

    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(send_until, over, client) for _ in range(SENDERS)]
        began = time.monotonic()
        time.sleep(SECONDS_AROUND)
        code = main(["webhook", "rotate", "--directory", str(tmp_path)])
        time.sleep(SECONDS_AROUND)
        over.set()
        statuses = sum((each.result() for each in sending), Counter[int | None]())
        seconds = time.monotonic() - began

    assert code == 0
    assert statuses.keys() == {202}
    assert statuses.total() > seconds * EACH_SECOND * 0.7, f"{statuses.total()} in {seconds:.1f} s"


def send_until(over: Event, client: Client) -> Counter[int | None]:
    """Have the simulator send webhooks, signed, one after the other, and count what they were answered."""
    statuses = Counter[int | None]()
    while not over.is_set():
        next_at = time.monotonic() + SENDERS / EACH_SECOND
        event = {"type": "batch.completed", "data": {"id": "batch_1"}}
        answer = client.http.post(f"{client.stack.simulator_url}/_sim/webhooks", json=event)
        statuses[answer.json()["status"]] += 1
        time.sleep(max(0, next_at - time.monotonic()))
    return statuses
