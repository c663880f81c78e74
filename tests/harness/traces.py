"""Where a word is still found, of all that a world keeps: the table, the bucket, the queues, the logs."""

import json
from collections.abc import Iterator

from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from tests.harness.functions import LOGICAL_IDS
from tests.harness.template import ACCOUNT, REGION, physical_name
from tests.harness.world import World


def payload_keys() -> list[str]:
    """Give the keys of all objects in the payload bucket."""
    return sorted(s3_backends[ACCOUNT]["aws"].buckets[physical_name("PayloadBucket")].keys)


def traces_of(word: str, world: World) -> list[str]:
    """Say where a word stands, whatever its case."""
    return [place for place, text in _texts(world) if word.lower() in text.lower()]


def _texts(world: World) -> Iterator[tuple[str, str]]:
    for item in world.items():
        yield f"item {item['pk']['S']} {item['sk']['S']}", json.dumps(item)
    for key, stored in s3_backends[ACCOUNT]["aws"].buckets[physical_name("PayloadBucket")].keys.items():
        yield f"object {key}", key + stored.value.decode()
    for name, queue in sqs_backends[ACCOUNT][REGION].queues.items():
        for message in queue._messages:
            yield f"message on {name}", message.body
    for function in LOGICAL_IDS:
        for line in (world.output(function) + world.errors(function)).splitlines():
            yield f"log of {function}", line
