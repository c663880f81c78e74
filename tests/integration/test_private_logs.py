"""What clients, models, tools, providers and people say is nobody's business in the logs.

One word stands in everything that is private: bodies, arguments, outputs, reasons, the words of errors, the
texts of exceptions. Whatever goes wrong then, no line of any function holds it, nor a key or a secret.
"""

import ast
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from math import inf
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx2
import pytest
from contracts.status import KINDS

from tests.harness.functions import LOGICAL_IDS
from tests.harness.scenario import ENDLESS, calling, failing, saying
from tests.harness.site import API_KEY, site
from tests.harness.template import REGION, STACK, physical_name
from tests.harness.trace_backend import receiving
from tests.harness.wire import Answer, Fault, Request, at_first
from tests.harness.world import World
from tests.integration.worker.traffic import receive

ROOT = Path(__file__).parents[2]
READ_ELSEWHERE = set((ROOT / "functions/endpoint").rglob("*.py"))
"""EndpointFunction meets no run: `tests/integration/endpoint` reads its lines."""

PRIVATE = "tulip"
LONG = f"{PRIVATE} " * 60_000
"""Longer than an item takes: it goes to the payload bucket."""

GET = ("get_order", {"order_id": f"{PRIVATE}-1"})
MISSING = ("get_order", {"order_id": f"missing-{PRIVATE}"})
LARGE = ("refund_order", {"order_id": f"{PRIVATE}-2", "cents": 500_000})
EMAIL = ("send_email", {"to": f"{PRIVATE}@example.org", "subject": PRIVATE, "body": PRIVATE})
QUESTION = ("ask_warehouse", {"question": f"{PRIVATE}?"})
TOOLS = ["get_order", "refund_order", "send_email", "ask_warehouse"]

WORDS = {"message": f"I cannot serve {PRIVATE}", "type": "some_error", "code": "some_code", "param": PRIVATE}


@pytest.fixture(autouse=True)
def _nothing_private_is_said(world: World) -> Iterator[None]:
    world.patience_seconds = 0.1
    yield
    world.start_anew()  # some of it was started with another secret
    assert said_in_private(world) == []


def said_in_private(world: World) -> list[tuple[str, str]]:
    """Give every line of a function that holds what it must not, and whose it is."""
    secret = site().webhook_secret.removeprefix("whsec_")
    signatures = [event["headers"]["webhook-signature"][3:] for event in world.webhooks]
    private = [PRIVATE, API_KEY, secret, *signatures]
    logs = ((name, world.output(name) + world.errors(name)) for name in LOGICAL_IDS)
    lines = ((name, line) for name, log in logs for line in log.splitlines())
    return [(name, line) for name, line in lines if any(each.lower() in line.lower() for each in private)]


def start(world: World, *turns: dict[str, Any], kind: str, is_keyed: bool = True, **wanted: Any) -> str:
    """Start a run of which everything is private."""
    return world.start(
        *turns,
        kind=kind,
        request=request_of(world, kind),
        tools=TOOLS,
        metadata={PRIVATE: PRIVATE},
        idempotency_key=f"{PRIVATE}-{uuid4()}" if is_keyed else None,
        **wanted,
    )


def request_of(world: World, kind: str) -> dict[str, Any]:
    match kind:
        case "session":
            return {"agent": {"model": "gpt-6-astra", "instructions": PRIVATE}, "input": PRIVATE}
        case "thread":
            assistant = world.ask_openai("/assistants", {"model": "gpt-6-astra", "instructions": PRIVATE})
            thread = {"messages": [{"role": "user", "content": PRIVATE}]}
            return {"assistant_id": assistant["id"], "thread": thread}
        case _:
            return {"model": "gpt-6-astra", "input": PRIVATE}


def finish(world: World, run_id: str) -> None:
    """Answer whatever waits for somebody, in private words, and go on until nothing is left to do."""
    while not world.is_over(run_id):
        answer_calls(world, run_id)
        assert world.step()
    world.settle()


def answer_calls(world: World, run_id: str) -> None:
    """Approve and answer in one turn, deny and refuse in the next."""
    for call in world.run(run_id)["calls"]:
        path, is_even = f"/runs/{run_id}/calls/{call['call_id']}", call["turn"] % 2 == 0
        if call["outcome"] == "awaiting_decision":
            world.request("POST", f"{path}/decision", {"approve": is_even, "reason": PRIVATE})
        elif call["outcome"] == "pending" and call["name"] == "ask_warehouse":
            world.request("POST", f"{path}/output", {"output" if is_even else "error": PRIVATE})


# -- What is said in runs -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_no_log_line_holds_what_is_said_in_a_run(world: World, kind):
    calls = [GET, MISSING, LARGE, QUESTION, EMAIL]
    unusable = [
        ("get_order", f'{{"{PRIVATE}'),
        ("get_order", {PRIVATE: PRIVATE}),
        ("get_order", {"order_id": [PRIVATE]}),
        ("of_tomorrow", {PRIVATE: PRIVATE}),
    ]

    run_id = start(world, calling(*calls), calling(*calls), calling(*unusable), saying(LONG), kind=kind)
    finish(world, run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"][:5]) == ("completed", PRIVATE)
    assert {call["outcome"] for call in run["calls"]} >= {"succeeded", "failed", "denied"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_log_line_holds_why_a_run_failed(world: World, kind):
    run_id = start(world, calling(GET), failing(message=f"The model broke at {PRIVATE}."), kind=kind)
    finish(world, run_id)

    assert PRIVATE in world.run(run_id)["error"]["message"]


def test_no_log_line_holds_why_a_tool_failed(world: World):
    with world.settings("tools", SHOP_URL=f"http://{PRIVATE}.invalid"):
        run_id = start(world, calling(GET, EMAIL), saying("done"), kind="response")
        finish(world, run_id)

    assert world.run(run_id)["status"] == "completed"


@pytest.mark.parametrize("kind", KINDS)
def test_no_log_line_holds_what_nobody_said_in_time(world: World, kind):
    turns = calling(GET, LARGE, QUESTION, EMAIL), saying(PRIVATE)
    run_id = start(world, *turns, kind=kind, deadline_seconds=3600)
    world.run_to_end(run_id)
    world.settle()

    assert world.run(run_id)["status"] in ("completed", "expired")


# -- What goes wrong ----------------------------------------------------------------------------------


type Trouble = Answer | Fault | Exception


def an_error(status: int) -> Answer:
    return Answer(status, {"error": WORDS, "message": PRIVATE, "__type": "ValidationException"})


PROVIDER_TROUBLES: dict[str, Trouble] = {
    **{str(status): an_error(status) for status in (400, 401, 404, 409, 429, 500)},
    "no error object": Answer(400, {"detail": PRIVATE}),
    "nothing to read": Answer(200, {PRIVATE: PRIVATE}),
    "odd": Answer(200, {"id": PRIVATE, "status": PRIVATE, "output": [{"type": PRIVATE}], "error": PRIVATE}),
    "reset": Fault.LOSE_REPLY,
    "timed out": httpx2.ReadTimeout(f"no answer for {PRIVATE}"),
    "out of reach": httpx2.ConnectError(f"no way to {PRIVATE}"),
    "a mistake of ours": RuntimeError(f"what is {PRIVATE}?"),
}
AWS_TROUBLES: dict[str, Trouble] = {
    "400": an_error(400),
    "500": an_error(500),
    "nothing to read": Answer(200, {PRIVATE: PRIVATE}),
    "refused": Answer(200, {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": PRIVATE}]}),
    "a mistake of ours": RuntimeError(f"what is {PRIVATE}?"),
}


def striking(world: World, trouble: Trouble, matches: Callable[[Request], bool]) -> set[str]:
    """Have the first request of each sort fail; gives the sorts that did."""
    struck: set[str] = set()

    def intercept(request: Request) -> Answer | Fault | None:
        sort = f"{request.sender} {request.service} {request.operation.rpartition('/')[2]}"
        if sort in struck or not matches(request):
            return None
        struck.add(sort)
        if isinstance(trouble, Exception):
            raise trouble
        return trouble

    world.wire.interceptor = intercept
    return struck


def is_to_openai(request: Request) -> bool:
    return request.service == "openai"


def is_to_aws(request: Request) -> bool:
    return request.service != "openai"


@pytest.mark.parametrize(("kind", "trouble"), list(zip(cycle(KINDS), PROVIDER_TROUBLES, strict=False)))
def test_no_log_line_holds_what_the_provider_says_is_wrong(world: World, kind, trouble):
    struck = striking(world, PROVIDER_TROUBLES[trouble], is_to_openai)

    run_id = start(world, calling(GET), saying(PRIVATE), kind=kind, deadline_seconds=3600)
    finish(world, run_id)

    assert struck


@pytest.mark.parametrize(("kind", "trouble"), list(zip(cycle(KINDS[::-1]), PROVIDER_TROUBLES, strict=False)))
def test_no_log_line_holds_why_a_turn_could_not_be_stopped(world: World, kind, trouble):
    run_id = start(world, ENDLESS, kind=kind, deadline_seconds=3600)
    world.step_until(lambda: world.run(run_id)["status"] == "in_progress")
    struck = striking(world, PROVIDER_TROUBLES[trouble], is_to_openai)
    world.request("POST", f"/runs/{run_id}/cancel")
    finish(world, run_id)

    assert struck


def test_no_log_line_holds_why_it_is_not_known_what_was_begun(world: World):
    lost = at_first(lambda request: request.operation == "POST /v1/agents/sessions", lambda: Fault.LOSE_REPLY)

    def intercept(request: Request) -> Answer | Fault | None:
        return an_error(400) if request.operation == "GET /v1/agents/sessions" else lost(request)

    world.simulator.faults(webhooks={"drop": 1})
    world.wire.interceptor = intercept
    run_id = start(world, saying(PRIVATE), kind="session", deadline_seconds=10)
    finish(world, run_id)

    assert world.run(run_id)["status"] == "expired"


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        ("response", "400"),
        ("session", "500"),
        ("response", "nothing to read"),
        ("thread", "refused"),
        ("session", "a mistake of ours"),
        ("thread", "a mistake of ours"),
    ],
)
def test_no_log_line_holds_what_aws_says_is_wrong(world: World, kind, trouble):
    run_id = start(world, calling(GET, LARGE, QUESTION), saying(LONG), kind=kind, deadline_seconds=86_400)
    struck = striking(world, AWS_TROUBLES[trouble], is_to_aws)

    while not world.is_over(run_id):
        with suppress(RuntimeError):
            answer_calls(world, run_id)
        if not step_or_sweep(world):
            break

    assert {"worker", "tools"} <= {sort.partition(" ")[0] for sort in struck}


def test_no_log_line_holds_why_records_could_not_be_taken_off_the_queue(world: World):
    for _ in range(2):
        start(world, saying(PRIVATE), kind="response", is_keyed=False)
    world.wire.interceptor = at_first(
        lambda request: request.operation == "DeleteMessageBatch",
        lambda: Answer(400, {"__type": "InvalidBatchEntryId", "message": f"what is {PRIVATE}?"}),
    )
    back, new = world.run_queue.visible[-2:]
    world.run_queue.receive([back])

    with world.settings("worker", RECORDS_AT_ONCE="10"):
        assert world.deliver(back, new) == []

    assert "records not taken off the queue" in world.output("worker")


def step_or_sweep(world: World) -> bool:
    """Do the next thing; when nothing is left, let the schedule fire."""
    if world.step():
        return True
    world.clock.skip(300)
    with suppress(Exception):  # told by Lambda, in AWS's words about a query of ours
        return world.sweep() > 0
    return True


def test_no_log_line_holds_the_mistake_that_ends_a_run(world: World):
    def intercept(request: Request) -> None:
        if request.sender == "worker" and "request#run_" in json.dumps(request.body):
            raise RuntimeError(f"what is {PRIVATE}?")

    world.wire.interceptor = intercept
    run_id = start(world, saying(PRIVATE), kind="response", is_keyed=False)
    finish(world, run_id)

    assert world.run(run_id)["error"]["code"] == "internal_error"


def test_no_log_line_holds_the_mistake_that_an_end_is_carried_out_with(world: World):
    run_id = start(world, calling(QUESTION), kind="response", deadline_seconds=60)
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")

    def intercept(request: Request) -> None:
        if request.sender == "worker" and '"call#00001#"' in json.dumps(request.body):
            raise RuntimeError(f"what is {PRIVATE}?")

    world.wire.interceptor = intercept
    finish(world, run_id)

    assert world.run(run_id)["status"] == "expired"


# -- What comes from outside --------------------------------------------------------------------------


def test_no_log_line_holds_what_a_webhook_says(world: World):
    run_id = start(world, saying(PRIVATE), kind="response")
    world.run_to_end(run_id)
    genuine = world.webhooks[0]
    headers, body = genuine["headers"], genuine["body"]

    answers = [
        world.receive_webhook(genuine | changed)["statusCode"]
        for changed in (
            {},
            {"body": body.replace("}", f', "{PRIVATE}": 1}}', 1)},
            {"body": f"{PRIVATE}"},
            {"body": PRIVATE * 60_000},
            {"headers": headers | {"webhook-signature": f"v1,{PRIVATE}"}},
            {"headers": headers | {"webhook-timestamp": PRIVATE}},
            {"headers": headers | {"webhook-id": ""}},
            {"headers": {"x-of-mine": PRIVATE}},
        )
    ]
    world.wire.interceptor = at_first(lambda request: request.service == "sqs", lambda: an_error(400))
    answers.append(world.receive_webhook(genuine)["statusCode"])

    assert answers == [202, 401, 401, 413, 401, 400, 400, 400, 503]


def test_no_log_line_holds_a_secret_that_cannot_be_used_or_read(world: World):
    run_id = start(world, saying(PRIVATE), kind="response")
    world.run_to_end(run_id)
    genuine = world.webhooks[0]
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.put_secret_value(SecretId=f"{STACK}/webhook-secret", SecretString=f"whsec_{PRIVATE} {PRIVATE}")
    world.start_anew()
    unusable = world.receive_webhook(genuine)["statusCode"]
    world._site.functions["webhook"]._idle[-1].module._intake.secrets._clock = lambda: inf
    world.wire.interceptor = at_first(is_to_aws, lambda: an_error(400))
    unread = world.receive_webhook(genuine)["statusCode"]

    assert (unusable, unread) == (401, 401)


@pytest.mark.parametrize("kind", KINDS)
def test_no_log_line_holds_the_providers_key_nor_one_that_cannot_be_used(world: World, kind):
    secrets = boto3.client("secretsmanager", region_name=REGION)
    for value in (PRIVATE, f'{{"{PRIVATE}": "{PRIVATE}"}}', f'{{"{kind}": "{PRIVATE}"}}'):
        secrets.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=value)
        world.start_anew()
        start(world, saying("done"), kind=kind)
        world.settle()


def test_no_log_line_holds_what_a_client_sends(world: World):
    wanted = {"kind": "response", "request": {"model": "gpt-6-astra", "input": PRIVATE}}
    path, odd = f"/runs/run_{PRIVATE}", {PRIVATE: PRIVATE, "kind": PRIVATE, "tools": [PRIVATE]}

    def ask_everything() -> list[int]:
        return [
            world.request(method, path, body, headers=[("idempotency-key", PRIVATE)])["statusCode"]
            for method, path, body in (
                ("POST", "/runs", wanted),
                ("POST", "/runs", wanted | odd),
                ("POST", "/runs", [PRIVATE]),
                ("POST", "/runs", {"kind": "response", "request": PRIVATE}),
                ("POST", f"{path}/cancel", odd),
                ("POST", f"{path}/calls/{PRIVATE}/decision", {"approve": True, "reason": PRIVATE}),
                ("POST", f"{path}/calls/{PRIVATE}/output", {"output": PRIVATE}),
                ("GET", f"/runs?cursor={PRIVATE}&kind={PRIVATE}", None),
                ("GET", path, None),
                ("GET", f"/{PRIVATE}", None),
            )
        ]

    answers = ask_everything()
    for trouble in AWS_TROUBLES.values():
        striking(world, trouble, is_to_aws)
        answers += ask_everything()

    assert {202, 404, 422} <= set(answers)
    assert max(answers) >= 500


def test_no_log_line_holds_a_message_that_cannot_be_read(world: World):
    run_message = {"version": 1, "message": "run", "run_id": "run_none", "reason": "check"}
    call_message = {"version": 1, "message": "call", "run_id": "run_none", "turn": 1, "call_id": "call_none"}

    for queue, known in ((world.run_queue, run_message), (world.tool_queue, call_message)):
        for body in (
            known,
            known | {PRIVATE: PRIVATE},
            known | {"version": PRIVATE},
            known | {"run_id": [PRIVATE]},
            {PRIVATE: PRIVATE},
        ):
            queue.send(body)
    world.settle()

    assert len(world.run_queue.dead_letters) + len(world.tool_queue.dead_letters) >= 6


def test_no_log_line_holds_the_arguments_of_a_call_whose_claim_was_lost(world: World):
    run_id = start(world, calling(GET), saying("done"), kind="response")
    world.step_until(lambda: bool(world.tool_queue.messages))

    def take_over() -> None:
        items = (item for item in world.items() if item["pk"]["S"] == run_id)
        [call] = [item for item in items if item["sk"]["S"].startswith("call#")]
        boto3.client("dynamodb", region_name=REGION).update_item(
            TableName=physical_name("RunTable"),
            Key={"pk": call["pk"], "sk": call["sk"]},
            UpdateExpression="SET #owner = :owner",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": "another"}},
        )

    world.wire.interceptor = at_first(closes_call, take_over)
    finish(world, run_id)

    assert "claim lost" in world.output("tools")


def test_no_log_line_holds_what_a_record_says_that_cannot_be_read(world: World):
    run_id = start(world, saying("done"), kind="response")
    boto3.client("dynamodb", region_name=REGION).update_item(
        TableName=physical_name("RunTable"),
        Key={"pk": {"S": run_id}, "sk": {"S": "run"}},
        UpdateExpression="SET kind = :private",
        ExpressionAttributeValues={":private": {"S": PRIVATE}},
    )

    answer = world.request("POST", f"/runs/{run_id}/cancel")
    world.settle()

    assert answer["statusCode"] == 409
    assert f"the item run of {run_id} cannot be read: kind" in world.output("api") + world.output("worker")
    assert PRIVATE not in answer["body"]


def closes_call(request: Request) -> bool:
    is_write = request.sender == "tools" and request.operation == "UpdateItem"
    return is_write and "ended_at" in json.dumps(request.body)


def test_no_log_line_holds_why_a_module_of_tools_is_broken(world: World):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        (Path(folder) / "odd_tools").mkdir()
        (Path(folder) / "odd_tools/odd.py").write_text(f"words = {PRIVATE!r}\nraise RuntimeError(words)\n")
        monkeypatch.syspath_prepend(folder)
        with world.settings("tools", TOOLS_PACKAGE="odd_tools"):
            run_id = start(world, calling(GET), saying("done"), kind="response")
            finish(world, run_id)

    assert "tool module broken" in world.output("tools")
    assert "odd_tools.odd" in world.output("tools")
    assert world.run(run_id)["status"] == "completed"


ODD_ENDS = {
    "cancelled": f"raise asyncio.CancelledError('{PRIVATE}')",
    "exit": f"raise SystemExit('{PRIVATE}')",
    "interrupt": f"raise KeyboardInterrupt('{PRIVATE}')",
    "group": f"raise BaseExceptionGroup('{PRIVATE}', [KeyboardInterrupt()])",
}


@pytest.mark.parametrize("statement", ODD_ENDS.values(), ids=ODD_ENDS)
def test_no_log_line_holds_what_a_tool_raised_that_is_no_exception(world: World, statement):
    module = f"""
import asyncio
from runrelay.tools import tool
@tool(effect="once")
def get_order(order_id: str) -> str:
    "Get it."
    {statement}
"""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        name = f"odd_tools_{uuid4().hex}"
        (Path(folder) / f"{name}").mkdir()
        (Path(folder) / f"{name}/__init__.py").write_text("")
        (Path(folder) / f"{name}/odd.py").write_text(module)
        monkeypatch.syspath_prepend(folder)
        with world.settings("tools", TOOLS_PACKAGE=name):
            run_id = start(world, calling(GET), saying("done"), kind="response")
            finish(world, run_id)

    [call] = world.run(run_id)["calls"]
    assert call["error"] == {"code": "tool_failed", "message": "The tool get_order failed."}
    [ended] = [each for each in world.timeline(run_id) if each["type"] == "call_ended"]
    assert PRIVATE in ended["detail"]
    assert world.errors("tools") == ""


@pytest.mark.parametrize(
    ("operation", "words"),
    [("SendMessageBatch", "run not swept"), ("GetQueueAttributes", "queue not measured")],
)
def test_no_log_line_holds_why_a_run_could_not_be_swept(world: World, operation: str, words: str):
    start(world, saying("done"), kind="response")
    world.run_queue.messages.clear()
    world.clock.skip(100)
    world.wire.interceptor = at_first(lambda request: request.operation == operation, lambda: an_error(400))
    with suppress(Exception):
        world.sweep()

    assert words in world.output("sweeper")


def test_no_log_line_holds_what_a_backend_of_traces_is_told_or_says(world: World):
    boto3.client("secretsmanager").create_secret(Name="otlp", SecretString=f"x-key={PRIVATE}")
    run_id = start(world, saying(PRIVATE), kind="response")
    world.run_to_end(run_id)

    with (
        receiving() as backend,
        world.settings("trace", OTLP_ENDPOINT=backend.url, OTLP_HEADERS_SECRET_NAME="otlp"),
    ):
        for status in (400, 503, 200):
            backend.answers.append((status, PRIVATE.encode()))
            with suppress(Exception):
                world.trace({"detail": {"run_id": run_id}})
        world.trace({"detail": {"run_id": "run_none"}})

    assert [each.headers["x-key"] for each in backend.received] == [PRIVATE] * 3


# -- Nothing was left out -----------------------------------------------------------------------------


WRITES = re.compile(r"logger\.(debug|info|warning|error|exception|critical)$")


def log_lines() -> dict[str, set[tuple[str, int]]]:
    """Give the lines of code of every log line of every function, by where it begins."""
    found = {}
    for folder in ("functions", "layers/contracts/contracts"):
        for module in set((ROOT / folder).rglob("*.py")) - READ_ELSEWHERE:
            for node in ast.walk(ast.parse(module.read_text())):
                if isinstance(node, ast.Call) and WRITES.search(ast.unparse(node.func)):
                    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                    found[f"{module.relative_to(ROOT)}:{node.lineno}"] = {
                        (str(module), line) for line in lines
                    }
    return found


def test_no_log_line_holds_the_arguments_of_a_call_that_is_given_up(world: World):
    run_id = start(world, calling(("get_order", {"order_id": LONG})), saying("done"), kind="response")
    world.step_until(lambda: bool(world.tool_queue.visible))
    s3, bucket = boto3.client("s3", region_name=REGION), physical_name("PayloadBucket")
    for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=each["Key"])

    finish(world, run_id)

    [call] = world.run(run_id)["calls"]
    assert call["error"]["code"] == "internal_error"


@pytest.mark.parametrize("trouble", ["400", "500", "no error object", "reset"])
def test_no_log_line_holds_what_keeps_a_run_from_being_deleted(world: World, trouble):
    run_id = start(world, calling(GET), saying(LONG), kind="response")
    finish(world, run_id)
    world.request("DELETE", f"/runs/{run_id}")

    def intercept(request: Request) -> Trouble | None:
        return PROVIDER_TROUBLES[trouble] if request.operation.startswith("DELETE ") else None

    world.wire.interceptor = intercept  # type: ignore[assignment]
    world.settle()

    assert world.request("GET", f"/runs/{run_id}")["statusCode"] == 410
    assert "run deleted" in world.output("worker")


def test_no_log_line_holds_what_comes_of_a_run_after_its_deletion(world: World):
    run_id = start(world, saying(LONG), kind="response")
    finish(world, run_id)
    world.request("DELETE", f"/runs/{run_id}")
    world.settle()
    marks = {"runrelay_run_id": run_id, "runrelay_turn": "1"}
    again = {"model": "gpt-6-astra", "input": LONG, "background": True, "metadata": marks}
    made = world.ask_openai("/responses", again)
    receive(world, "response.completed", made["id"])
    world.settle()

    assert "late turn deleted" in world.output("worker")


def test_every_log_line_of_every_function_is_among_those_that_are_read_here(
    world: World, caplog: pytest.LogCaptureFixture
):
    for play in (
        test_no_log_line_holds_what_comes_of_a_run_after_its_deletion,
        test_no_log_line_holds_what_a_webhook_says,
        test_no_log_line_holds_why_records_could_not_be_taken_off_the_queue,
        lambda world: test_no_log_line_holds_what_aws_says_is_wrong(world, "session", "400"),
        lambda world: test_no_log_line_holds_why_a_turn_could_not_be_stopped(world, "session", "400"),
        lambda world: test_no_log_line_holds_what_aws_says_is_wrong(world, "thread", "refused"),
        test_no_log_line_holds_what_a_client_sends,
        test_no_log_line_holds_a_message_that_cannot_be_read,
        test_no_log_line_holds_the_arguments_of_a_call_whose_claim_was_lost,
        test_no_log_line_holds_what_a_record_says_that_cannot_be_read,
        test_no_log_line_holds_a_secret_that_cannot_be_used_or_read,
        test_no_log_line_holds_why_it_is_not_known_what_was_begun,
        test_no_log_line_holds_the_mistake_that_ends_a_run,
        test_no_log_line_holds_the_mistake_that_an_end_is_carried_out_with,
        test_no_log_line_holds_the_arguments_of_a_call_that_is_given_up,
        test_no_log_line_holds_why_a_module_of_tools_is_broken,
        lambda world: test_no_log_line_holds_why_a_run_could_not_be_swept(
            world, "SendMessageBatch", "run not swept"
        ),
        lambda world: test_no_log_line_holds_why_a_run_could_not_be_swept(
            world, "GetQueueAttributes", "queue not measured"
        ),
        test_no_log_line_holds_what_a_backend_of_traces_is_told_or_says,
        lambda world: test_no_log_line_holds_what_keeps_a_run_from_being_deleted(world, "500"),
    ):
        play(world)
        world.wire.interceptor = lambda _request: None
    world.sweep()

    logged = {(record.pathname, record.lineno) for record in caplog.records}
    unread = [at for at, lines in log_lines().items() if not lines & logged]
    assert not unread
