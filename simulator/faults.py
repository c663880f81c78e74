"""What goes wrong on purpose: which faults are in force, and where chance lets them strike.

Webhooks, requests and sessions draw from generators of their own, so that a seed gives the same webhook
faults whatever the number of requests, and the other way round.
"""

import random
import time
from dataclasses import dataclass
from typing import Literal

from simulator.wire.bodies import Fields, JsonObject

KNOWN_WEBHOOK_FAULTS = (
    "drop", "duplicate", "delay_seconds", "reorder", "bad_signature", "double_signature", "retry_seconds",
)  # fmt: skip
KNOWN_API_FAULTS = (
    "retry_after", "code", "lost_answer", "slow_seconds", "methods", "paths",
    "unknown_pending_call", "stale_required_action", "proxy_page", "empty_403", "half_json",
    "not_found_seconds", "previous_response_not_found", "conversation_locked", "cancel_seconds",
)  # fmt: skip
# OpenAI backs off for up to 72 hours; this is the same shape, compressed to a little over 60 seconds.
RETRY_SECONDS = (0.3, 0.6, 1.2, 2.4, 4.8, *[5.0] * 11)
STATUS_DIGITS = 3

type Page = Literal["proxy_page", "empty_403"]


@dataclass(frozen=True)
class WebhookFaults:
    """Probabilities, but for those named here.

    Attributes:
        duplicate: The expected number of extra copies.
        delay_seconds: The least and the most.
        retry_seconds: The pause before each retry; its length is the number of retries.
    """

    drop: float
    duplicate: float
    delay_seconds: tuple[float, float]
    reorder: float
    bad_signature: float
    double_signature: float
    retry_seconds: tuple[float, ...]


@dataclass(frozen=True)
class ApiFaults:
    """Probabilities, except what is counted in seconds, the `code` to send, and the filters.

    Attributes:
        proxy_page: Of an HTML page with status 502 instead of the work, as a proxy on the way sends it.
        empty_403: Of a 403 without a body instead of the work.
        half_json: Of an answer that breaks off in the middle; the work is done.
        not_found_seconds: How long what was created is not found by anybody who retrieves it.
        previous_response_not_found: Of a follow-up that is refused, once for each previous response.
        conversation_locked: Of a request in a conversation that is refused.
        cancel_seconds: How long an accepted cancel takes; no filter applies.
        unknown_pending_call: Of a valid result that a session refuses, once; no filter applies.
        stale_required_action: Of an answer that the next retrieval of the session does not show yet;
            no filter applies.
    """

    statuses: dict[int, float]
    retry_after: float
    code: str | None
    lost_answer: float
    slow_seconds: float
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    unknown_pending_call: float
    stale_required_action: float
    proxy_page: float
    empty_403: float
    half_json: float
    not_found_seconds: float
    previous_response_not_found: float
    conversation_locked: float
    cancel_seconds: float

    def is_about(self, method: str, path: str) -> bool:
        return (not self.methods or method in self.methods) and (
            not self.paths or any(part in path for part in self.paths)
        )


@dataclass(frozen=True)
class RequestFate:
    """What happens to one request: an error instead of the work, or the work without its whole answer."""

    status: int | None = None
    is_answer_lost: bool = False
    slow_seconds: float = 0.0
    page: Page | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class DeliveryFate:
    """What happens to one webhook before its first attempt."""

    is_dropped: bool
    extra_copies: int
    delay_seconds: float
    is_held_back: bool


@dataclass(frozen=True)
class SignatureFate:
    is_bad: bool
    is_double: bool


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self.replace({})

    def replace(self, body: JsonObject) -> None:
        """Put these faults in the place of all others.

        Raises:
            ApiError: A key is unknown or a value makes no sense; nothing has changed then.
        """
        fields = Fields(body, known=("seed", "webhooks", "api"))
        seed = fields.whole("seed") if "seed" in body else random.randrange(2**32)
        self.webhooks, self.api = _webhook_faults(fields), _api_faults(fields)
        self._webhook_chance = random.Random(f"webhooks {seed}")
        self._api_chance = random.Random(f"api {seed}")
        self._session_chance = random.Random(f"sessions {seed}")
        self._answer_chance = random.Random(f"answers {seed}")
        self._created: dict[str, float] = {}
        self._missed: set[str] = set()

    def draw_request(self, method: str, path: str) -> RequestFate:
        if not self.api.is_about(method, path):
            return RequestFate()
        strikes = self._api_chance.random
        status = next((each for each, odds in self.api.statuses.items() if strikes() < odds), None)
        is_answer_lost = strikes() < self.api.lost_answer
        strikes = self._answer_chance.random
        pages: list[tuple[Page, float]] = [
            ("proxy_page", self.api.proxy_page),
            ("empty_403", self.api.empty_403),
        ]
        page: Page | None = next((each for each, odds in pages if strikes() < odds), None)
        is_cut = strikes() < self.api.half_json
        return RequestFate(
            status, is_answer_lost and status is None, self.api.slow_seconds, page, is_cut=is_cut
        )

    def note_created(self, resource_id: str) -> None:
        """Remember when a resource was first answered."""
        self._created.setdefault(resource_id, time.monotonic())

    def still_hidden(self, method: str, path: str) -> str | None:
        """Name the resource in the path of a retrieval that is not to be found yet."""
        seconds = self.api.not_found_seconds
        if method != "GET" or not seconds or not self.api.is_about(method, path):
            return None
        now = time.monotonic()
        born = ((each, self._created.get(each)) for each in path.split("/"))
        return next((each for each, at in born if at is not None and now - at < seconds), None)

    def draw_previous_not_found(self, method: str, path: str, previous_id: str) -> bool:
        if previous_id in self._missed or not self.api.is_about(method, path):
            return False
        strikes = self._answer_chance.random() < self.api.previous_response_not_found
        self._missed |= {previous_id} if strikes else set()
        return strikes

    def draw_conversation_locked(self, method: str, path: str) -> bool:
        is_about = self.api.is_about(method, path)
        return is_about and self._answer_chance.random() < self.api.conversation_locked

    def draw_unknown_pending_call(self) -> bool:
        return self._session_chance.random() < self.api.unknown_pending_call

    def draw_stale_required_action(self) -> bool:
        return self._session_chance.random() < self.api.stale_required_action

    def draw_delivery(self) -> DeliveryFate:
        chance = self._webhook_chance
        certain, likely = divmod(self.webhooks.duplicate, 1)
        return DeliveryFate(
            is_dropped=chance.random() < self.webhooks.drop,
            extra_copies=int(certain) + (chance.random() < likely),
            delay_seconds=chance.uniform(*self.webhooks.delay_seconds),
            is_held_back=chance.random() < self.webhooks.reorder,
        )

    def draw_signature(self) -> SignatureFate:
        strikes = self._webhook_chance.random
        return SignatureFate(
            is_bad=strikes() < self.webhooks.bad_signature,
            is_double=strikes() < self.webhooks.double_signature,
        )


def _webhook_faults(fields: Fields) -> WebhookFaults:
    webhooks = fields.child("webhooks", known=KNOWN_WEBHOOK_FAULTS)
    delay = webhooks.numbers("delay_seconds", (0.0, 0.0))
    match delay:
        case (least, most) if least <= most:
            pass
        case _:
            raise webhooks.refuse("delay_seconds", "must be the least and the most")
    return WebhookFaults(
        drop=webhooks.probability("drop"),
        duplicate=webhooks.number("duplicate", 0.0),
        delay_seconds=(least, most),
        reorder=webhooks.probability("reorder"),
        bad_signature=webhooks.probability("bad_signature"),
        double_signature=webhooks.probability("double_signature"),
        retry_seconds=webhooks.numbers("retry_seconds", RETRY_SECONDS),
    )


def _api_faults(fields: Fields) -> ApiFaults:
    is_status = {key for key in fields.child("api").body if key.isdigit() and len(key) == STATUS_DIGITS}
    api = fields.child("api", known=(*KNOWN_API_FAULTS, *is_status))
    return ApiFaults(
        statuses={int(key): api.probability(key) for key in api.body if key in is_status},
        retry_after=api.number("retry_after", 1.0),
        code=api.optional_text("code"),
        lost_answer=api.probability("lost_answer"),
        slow_seconds=api.number("slow_seconds", 0.0),
        methods=tuple(method.upper() for method in api.texts("methods")),
        paths=api.texts("paths"),
        unknown_pending_call=api.probability("unknown_pending_call"),
        stale_required_action=api.probability("stale_required_action"),
        proxy_page=api.probability("proxy_page"),
        empty_403=api.probability("empty_403"),
        half_json=api.probability("half_json"),
        not_found_seconds=api.number("not_found_seconds", 0.0),
        previous_response_not_found=api.probability("previous_response_not_found"),
        conversation_locked=api.probability("conversation_locked"),
        cancel_seconds=api.number("cancel_seconds", 0.0),
    )
