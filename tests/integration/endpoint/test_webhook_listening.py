"""`runrelay webhook listen`: what a deployed stack relays reaches a local one, through a queue of its own."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from contracts import instant

from functions.worker.announcements import Announcements
from runrelay.__main__ import main
from runrelay.reach import Reach
from runrelay.stack import Stack
from runrelay.webhook import listening, tap
from runrelay.webhook.tap import LEASE, RENEWED_EACH, STACK_TAG, TARGET, UNTIL_TAG, Tap, tapped
from tests.harness.template import ACCOUNT, REGION
from tests.integration.endpoint.outside import Outside
from tests.integration.local_aws import WEBHOOK_SECRET_NAME, queued

SECRET = "whsec_bG9jYWwtbG9jYWwtbG9jYWwtbG9jYWwtbG9jYWw="
OTHERS = "whsec_b3RoZXJzLW90aGVycy1vdGhlcnMtb3RoZXJzLW8="
DEPLOYED = "shop-prod"
EVENT = {"id": "evt_1", "object": "event", "type": "response.completed", "data": {"id": "resp_1"}}


@pytest.fixture
def reached(aws: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Reach]:
    """Give what reaches a stack of this name; both are in one account here."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    monkeypatch.setattr(tap, "SECONDS_UNTIL_A_QUEUE_IS_THERE", 0)

    def reach(name: str) -> Reach:
        stack = {
            "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/1",
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": "WebhookSecretName", "OutputValue": WEBHOOK_SECRET_NAME}],
        }
        clients = {
            "cloudformation": SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]}),
            **{each: session.client(each) for each in ("sqs", "events", "secretsmanager")},
        }
        return Reach(name, lambda service, **_: clients[service])

    return reach


@pytest.fixture
def deployed(reached: Callable[[str], Reach]) -> Reach:
    return reached(DEPLOYED)


@pytest.fixture
def local(
    aws: SimpleNamespace,
    outside: Outside,
    reached: Callable[[str], Reach],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Give the directory of a local stack, of which only the webhook route is there."""
    aws.secretsmanager.put_secret_value(SecretId=WEBHOOK_SECRET_NAME, SecretString=SECRET)
    monkeypatch.setattr(listening, "reach", lambda _where: reached("runrelay"))
    facts: dict[str, Any] = {each.name: "" for each in fields(Stack)}
    Stack(**facts | {"webhook_url": f"{outside.url}/webhooks/openai"}).write(tmp_path / "stack.json")
    return tmp_path


@pytest.fixture
def listened(deployed: Reach) -> Iterator[Tap]:
    with tapped(deployed) as listened:
        yield listened


def relay(
    deployed: Reach, event: dict[str, Any], *, stack: str = DEPLOYED, run_id: str | None = None
) -> None:
    """Do what the deployed stack's worker does with a webhook."""
    logger: Any = None
    events = deployed.client("events")
    Announcements(lambda: events, logger, stack=stack).webhook_relayed("wh_1", event, None)


def left(tap: Tap) -> int:
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = tap.sqs.get_queue_attributes(QueueUrl=tap.url, AttributeNames=counts)["Attributes"]
    return sum(int(each) for each in attributes.values())


def made(deployed: Reach) -> tuple[list[str], list[str]]:
    """Name the queues and the rules that are there for listening."""
    queues = deployed.client("sqs").list_queues(QueueNamePrefix=DEPLOYED).get("QueueUrls", [])
    rules = deployed.client("events").list_rules(NamePrefix=DEPLOYED)["Rules"]
    return [each.rpartition("/")[2] for each in queues], [each["Name"] for each in rules]


def test_a_webhook_is_signed_anew_and_taken_under_its_own_id(
    aws: SimpleNamespace, deployed: Reach, local: Path, listened: Tap
):
    relay(deployed, EVENT)

    (one,) = islice(listening.forwarded(listened, local), 1)

    assert (one.status, one.type, one.about, one.run_id) == (202, "response.completed", "resp_1", None)
    (body,) = queued(aws)
    message = json.loads(body)
    assert (message["webhook_id"], message["event"]) == ("wh_1", EVENT)
    assert left(listened) == 0


def test_webhooks_of_other_stacks_and_other_announcements_stay_where_they_are(
    deployed: Reach, local: Path, listened: Tap
):
    logger = SimpleNamespace(info=lambda *_, **__: None)
    events = deployed.client("events")
    ended: Any = SimpleNamespace(run_id="run_1", kind="response")
    Announcements(lambda: events, logger, stack=DEPLOYED).run_deleted(ended)  # type: ignore[arg-type]
    relay(deployed, EVENT | {"id": "evt_theirs"}, stack="shop-dev")

    assert left(listened) == 0


@pytest.mark.parametrize("data", [None, {}, ["resp_1"], {"id": "b_1", "more": 1}])
def test_whatever_is_relayed_is_forwarded_as_it_is(
    aws: SimpleNamespace, deployed: Reach, local: Path, listened: Tap, data: Any
):
    event = {"type": "something.new", "data": data}
    relay(deployed, event)

    (one,) = islice(listening.forwarded(listened, local), 1)

    assert one.status == 202
    assert [json.loads(body)["event"] for body in queued(aws)] == [event]


def test_what_the_local_stack_refuses_stays_on_the_queue(
    deployed: Reach, local: Path, listened: Tap, monkeypatch: pytest.MonkeyPatch
):
    relay(deployed, EVENT)
    monkeypatch.setattr(listening, "signing_secret", lambda *_: OTHERS)

    (one,) = islice(listening.forwarded(listened, local), 1)

    assert (one.status, one.trouble, left(listened)) == (401, None, 1)


def test_a_local_stack_that_is_away_ends_nothing(deployed: Reach, local: Path, listened: Tap):
    relay(deployed, EVENT)
    (local / "stack.json").unlink()

    (one,) = islice(listening.forwarded(listened, local), 1)

    assert (one.status, left(listened)) == (None, 1)
    assert "make up" in str(one.trouble)


def test_the_queue_and_the_rule_go_when_it_ends(deployed: Reach):
    with tapped(deployed):
        queues, rules = made(deployed)
    assert (len(queues), queues) == (1, rules)
    assert made(deployed) == ([], [])


def test_what_was_made_goes_when_the_rest_cannot_be_made(deployed: Reach):
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "PutTargets")
    events = deployed.client("events")

    def refuse(**_: Any) -> None:
        raise denied

    events.meta.events.register("before-call.events.PutTargets", refuse)

    with pytest.raises(ClientError), tapped(deployed):
        raise AssertionError("it was listened to")
    assert made(deployed) == ([], [])


def test_only_the_rule_may_send_to_the_queue(deployed: Reach, listened: Tap):
    answer = listened.sqs.get_queue_attributes(QueueUrl=listened.url, AttributeNames=["Policy", "QueueArn"])
    (statement,) = json.loads(answer["Attributes"]["Policy"])["Statement"]
    (rule,) = deployed.client("events").list_rules(NamePrefix=DEPLOYED)["Rules"]

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Resource"] == answer["Attributes"]["QueueArn"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule["Arn"]}}


def leave(reached: Reach, name: str, *, until: datetime) -> str:
    """Make what one has made who listens until then, and went without taking it away."""
    sqs, events = reached.client("sqs"), reached.client("events")
    tags = {STACK_TAG: reached.stack_name, UNTIL_TAG: instant.to_text(until)}
    sqs.create_queue(QueueName=name, tags=tags)
    events.put_rule(Name=name, EventPattern="{}")
    events.put_targets(Rule=name, Targets=[{"Id": TARGET, "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}])
    return name


def test_what_one_left_who_was_killed_goes_with_the_next_and_nothing_else(
    reached: Callable[[str], Reach], deployed: Reach
):
    over, later = instant.now() - timedelta(seconds=1), instant.now() + LEASE
    leave(deployed, f"{DEPLOYED}-listen-killed", until=over)
    alive = leave(deployed, f"{DEPLOYED}-listen-alive", until=later)
    others = leave(reached(f"{DEPLOYED}-listen"), f"{DEPLOYED}-listen-listen-1", until=over)

    with tapped(deployed):
        pass

    assert made(deployed) == ([alive, others], [alive, others])


def test_who_goes_on_listening_says_so(deployed: Reach, local: Path, listened: Tap):
    relay(deployed, EVENT)
    early = instant.now() - RENEWED_EACH
    listened.renewed_at = early

    next(listening.forwarded(listened, local))

    until = listened.sqs.list_queue_tags(QueueUrl=listened.url)["Tags"][UNTIL_TAG]
    assert instant.from_text(until) >= early + RENEWED_EACH + LEASE - timedelta(seconds=1)
    assert listened.renewed_at > early


@pytest.mark.parametrize("stack", [[], ["--stack", ".local/stack.json"]])
def test_a_deployed_stack_must_be_named(stack: list[str], capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RUNRELAY_STACK", raising=False)

    assert main(["webhook", "listen", *stack]) == 1
    assert "Which deployed stack" in capsys.readouterr().err


def test_without_a_local_stack_nothing_is_made(tmp_path: Path, capsys):
    assert main(["webhook", "listen", "--stack", DEPLOYED, "--directory", str(tmp_path)]) == 1
    assert "make up" in capsys.readouterr().err
