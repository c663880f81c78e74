"""A worker in memory: the real engine, adapters, stores and SDK; tables, queues and bucket are dictionaries.

What DynamoDB, SQS, S3 and EventBridge would refuse is refused here: text that is no UTF-8, keys and items
that are too long, messages and events that are too large. A call is run by saying that it was.
"""

import heapq
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import openai
from contracts import instant
from contracts.catalog import load_catalog
from contracts.errors import RetryLaterError
from contracts.items import from_item, to_item
from contracts.messages import CallMessage, RunMessage, from_body
from contracts.payloads import PayloadBucket, Stored
from contracts.queue import Queue
from contracts.records import Call, Run, RunRequest
from contracts.run_records import RunRecords
from contracts.status import Kind

from functions.api.timeline import timeline
from functions.api.views import run_view
from functions.worker.announcements import Announcements
from functions.worker.calls import Calls, Policy
from functions.worker.checks import Checks
from functions.worker.core.observation import Woken
from functions.worker.core.schedule import CheckSchedule
from functions.worker.endings import Endings
from functions.worker.engine import Engine
from functions.worker.gate import Gates
from functions.worker.orphans import Orphans
from functions.worker.providers import sessions, threads
from functions.worker.providers.api import OpenAIApi
from functions.worker.providers.responses import Responses
from functions.worker.providers.sessions import Sessions
from functions.worker.providers.threads import Threads
from functions.worker.retries import Retries
from functions.worker.run_store import RunStore
from functions.worker.turns import Turns
from tests.harness.item_sizes import item_size
from tests.harness.memory_table import MAX_ITEM_BYTES, CancelledError, MemoryTable, RefusedError
from tests.harness.template import Template

RUN_ID = "run_1"
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LASTS = timedelta(minutes=10)
MAX_MESSAGES = 300
"""A run of ten minutes that needs more of them never ends."""

WRITES = ("PutItem", "UpdateItem", "WriteItems")
MAX_ACTIONS = 100
MAX_MESSAGE, MAX_SORT_KEY, MAX_KEY = 256 * 1024, 1024, 2048
REQUESTS: Mapping[Kind, dict[str, Any]] = {
    "response": {"model": "m", "input": "hello"},
    "session": {"agent": {"model": "m"}, "input": "hello"},
    "thread": {"assistant_id": "asst_1", "thread": {"messages": []}},
}
TOOLS = ("get_order", "send_email", "ask_warehouse", "refund_order")

type Answering = Callable[[str, str], httpx2.Response]


class ConditionalError(Exception):
    """DynamoDB's ConditionalCheckFailedException."""

    def __init__(self, item: Any) -> None:
        super().__init__("The conditional request failed")
        self.response = {"Item": item} if item else {}


class CanceledError(Exception):
    """DynamoDB's TransactionCanceledException."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("The transaction was cancelled")
        self.response = {"CancellationReasons": [{"Code": code} for code in reasons]}


class ConflictError(Exception):
    """DynamoDB's TransactionConflictException, which one worker never sees."""


class DynamoDB:
    exceptions = SimpleNamespace(
        ConditionalCheckFailedException=ConditionalError,
        TransactionCanceledException=CanceledError,
        TransactionConflictException=ConflictError,
    )

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        name = "".join(word.title() for word in operation.split("_"))
        return lambda **body: self._answer(name, body)

    def get_paginator(self, operation: str) -> Any:
        assert operation == "query"
        return SimpleNamespace(paginate=lambda **body: [self._answer("Query", body)])

    def _answer(self, name: str, body: dict[str, Any]) -> Any:
        json.dumps(body, ensure_ascii=False).encode()
        try:
            answer = self._table.answer(name, body)
        except CancelledError as error:
            raise CanceledError(error.reasons) from error
        except RefusedError as error:
            raise ConditionalError(error.item) from error
        actions = [next(iter(each.values())) for each in body.get("TransactItems", ())]
        assert len(actions) <= MAX_ACTIONS
        for write in actions if name == "TransactWriteItems" else [body]:
            if key := name.endswith(WRITES) and (write.get("Key") or write.get("Item")):
                _check_item(self._table.partition(key["pk"]["S"])[key["sk"]["S"]])
        return answer


def _check_item(item: Mapping[str, Any]) -> None:
    assert item_size(item) <= MAX_ITEM_BYTES
    assert 0 < len(item["sk"]["S"].encode()) <= MAX_SORT_KEY
    for name in ("pk", "provider_id"):
        assert name not in item or 0 < len(item[name]["S"].encode()) <= MAX_KEY


class SmallWorker:
    """One worker and one run, which ends within ten minutes."""

    def __init__(self, template: Template) -> None:
        self.table = MemoryTable(template)
        self.now = START
        self._answering: Answering = lambda _method, _path: httpx2.Response(500)
        self._messages: list[tuple[datetime, int, RunMessage | CallMessage, bool]] = []
        self._objects: dict[str, bytes] = {}
        self._sent = 0
        http = httpx2.Client(
            transport=httpx2.MockTransport(lambda request: self._answering(request.method, request.url.path))
        )
        client = openai.OpenAI(api_key="k", base_url="https://o.test/v1", max_retries=0, http_client=http)
        self._store = RunStore(_any(DynamoDB(self.table)), "table")
        self._payloads = PayloadBucket(lambda: _any(self), "bucket")
        self._engine = self._make_engine(client)

    def _make_engine(self, client: openai.OpenAI) -> Engine:
        def api(beta: str | None = None) -> OpenAIApi:
            return OpenAIApi(lambda: client, base_url="https://o.test/v1", beta=beta)

        logger, metrics = _any(logging.getLogger("silent")), _any(SimpleNamespace(add_metric=lambda *_: None))
        logging.getLogger("silent").disabled = True
        providers: Mapping[Kind, Any] = {
            "response": Responses(api()),
            "session": Sessions(api(sessions.BETA)),
            "thread": Threads(api(threads.BETA)),
        }
        queue = Queue(_any(self), "queue")
        schedule = CheckSchedule(30, 120)
        checks = Checks(dict.fromkeys(providers, schedule), schedule, self._store, queue)
        announcements = Announcements(lambda: _any(self), logger, stack="fuzz")
        calls = Calls(self._store, self._payloads, load_catalog(), queue, Policy("ask", timedelta(minutes=2)))
        gates = Gates(_any(DynamoDB(self.table)), "table")
        orphans = Orphans(self._store, providers, checks, logger, metrics)
        turns = Turns(
            store=self._store,
            payloads=self._payloads,
            providers=providers,
            gates=gates,
            catalog=load_catalog(),
            calls=calls,
            checks=checks,
            orphans=orphans,
            announcements=announcements,
            owner=lambda: "worker-1",
            metrics=metrics,
        )
        endings = Endings(self._store, orphans, calls, checks, announcements, logger)
        return Engine(
            store=self._store,
            payloads=self._payloads,
            turns=turns,
            orphans=orphans,
            calls=calls,
            checks=checks,
            retries=Retries(1, self._store, checks, announcements, metrics),
            endings=endings,
            deletions=_any(None),  # nobody wants any
            announcements=announcements,
            logger=logger,
            metrics=metrics,
        )

    # -- what the clients of AWS do ---------------------------------------------------------------------

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> dict[str, str]:  # noqa: N803
        assert QueueUrl
        assert len(MessageBody.encode("ascii")) <= MAX_MESSAGE
        message = from_body(MessageBody)
        assert isinstance(message, RunMessage | CallMessage)
        self._send(message, DelaySeconds)
        return {"MessageId": "m"}

    def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, int]:  # noqa: N803
        (entry,) = Entries
        assert len(entry["Detail"].encode()) <= MAX_MESSAGE
        json.loads(entry["Detail"])
        return {"FailedEntryCount": 0}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket
        assert Key.isascii()
        assert len(Key) <= MAX_SORT_KEY
        self._objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket
        return {"Body": SimpleNamespace(read=lambda: self._objects[Key])}

    # -- a run --------------------------------------------------------------------------------------------

    def drive(self, kind: Kind, answering: Answering) -> Run:
        """Start a run, and do what there is to do until it is over.

        Raises:
            AssertionError: It never is.
        """
        self.table.clear()
        self._messages.clear()
        self._objects.clear()
        self.now, self._answering, instant.now = START, answering, lambda: self.now
        run = Run(
            run_id=RUN_ID,
            kind=kind,
            status="queued",
            request_key=f"request#{RUN_ID}",
            tools=TOOLS,
            metadata={"tenant": "acme"},
            created_at=START,
            updated_at=START,
            deadline_at=START + LASTS,
            max_turns=6,
            due_at=START,
        )
        request = RunRequest(run.request_key, RUN_ID, "f", Stored("inline:" + json.dumps(REQUESTS[kind])))
        for record in (run, request):
            self.table.answer("PutItem", {"Item": to_item(record)})
        self._send(RunMessage(RUN_ID, "created"), 0)
        for _ in range(MAX_MESSAGES):
            if "ended_at" in self.table.partition(RUN_ID)["run"]:
                self._show()
                return self._run()
            self._handle_next()
        raise AssertionError(f"it never ends: {self._run()}")

    def _run(self) -> Run:
        return from_item(Run, self.table.partition(RUN_ID)["run"])

    def _send(self, message: RunMessage | CallMessage, delay_seconds: int, *, again: bool = False) -> None:
        self._sent += 1
        heapq.heappush(
            self._messages, (self.now + timedelta(seconds=delay_seconds), self._sent, message, again)
        )

    def _handle_next(self) -> None:
        assert self._messages, f"nothing is left to do: {self._run()}"
        at, _, message, is_redelivery = heapq.heappop(self._messages)
        self.now = max(self.now, at)
        match message:
            case RunMessage():
                self._look(message, is_redelivery=is_redelivery)
            case CallMessage():
                self._answer(message)

    def _look(self, message: RunMessage, *, is_redelivery: bool) -> None:
        woken = Woken(by=message.reason, attempt=message.attempt, is_redelivery=is_redelivery)
        try:
            self._engine.look(RUN_ID, woken)
        except RetryLaterError as error:
            self._send(message, error.delay_seconds, again=True)

    def _answer(self, message: CallMessage) -> None:
        """Have a call be over."""
        call = self._store.call(message.run_id, message.turn, message.call_id)
        assert call is not None
        over = replace(
            call, outcome="succeeded", output=Stored("inline:ok"), started_at=self.now, ended_at=self.now
        )
        self.table.answer("PutItem", {"Item": to_item(over)})
        self._send(RunMessage(RUN_ID, "call_ended"), 0)

    def _show(self) -> None:
        """Show the run as the API does; whoever reads it must be able to."""
        records = RunRecords(list(self.table.partition(RUN_ID).values()))
        for shown in (run_view(records, self._payloads), timeline(records)):
            json.dumps(shown.model_dump(mode="json"), allow_nan=False, ensure_ascii=False).encode()
        assert all(isinstance(call, Call) and not call.is_open for call in records.calls)


def _any(value: Any) -> Any:
    return value
