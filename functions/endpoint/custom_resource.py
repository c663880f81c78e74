"""The custom resource of the template: CloudFormation asks, and gets its one answer whatever happens.

It waits an hour for an answer that does not come. So a mistake is an answer, and a watchdog gives one before
Lambda would end the work. `crhelper` is for this too; it speaks HTTPS alone, writes the request with its
signed URL into the log, sleeps before it answers a deletion, and fails at a request that lacks a field.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, Timer
from typing import Any, Protocol

MOST_REASON = 1_000
"""Characters; an answer has 4,096 bytes for all."""

SECONDS_TO_ANSWER = 10
"""What the watchdog leaves of an invocation."""

TIMED_OUT = "It took too long: the next attempt goes on from where this one came to."


class Clock(Protocol):
    """As much of a Lambda context as is needed."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What CloudFormation is told.

    Attributes:
        data: The attributes of the resource, for `!GetAtt`.
    """

    is_success: bool
    reason: str
    data: Mapping[str, str] = field(default_factory=dict)


class Answer:
    """The one answer to a request, of whoever is first with it: the work, or the watchdog."""

    def __init__(
        self, request: Mapping[str, Any], physical_id: str, send: Callable[[str, bytes], None]
    ) -> None:
        self._request = request
        self._physical_id = physical_id
        self._send = send
        self._lock = Lock()
        self._is_given = False

    def give(self, verdict: Verdict) -> None:
        with self._lock:
            if self._is_given:
                return
            self._is_given = True
            self._send(str(self._request["ResponseURL"]), json.dumps(self._document(verdict)).encode())

    def _document(self, verdict: Verdict) -> dict[str, Any]:
        echoed = {name: self._request.get(name) for name in ("StackId", "RequestId", "LogicalResourceId")}
        return {
            **echoed,
            "Status": "SUCCESS" if verdict.is_success else "FAILED",
            "Reason": verdict.reason[:MOST_REASON],
            "PhysicalResourceId": self._request.get("PhysicalResourceId") or self._physical_id,
            "Data": dict(verdict.data),
        }


def answer_request(
    request: Mapping[str, Any],
    clock: Clock,
    do: Callable[[Mapping[str, Any]], Verdict],
    *,
    physical_id: str,
    send: Callable[[str, bytes], None],
) -> Verdict:
    """Do what CloudFormation asks for, and tell it.

    Args:
        physical_id: Of the resource; always the same, so that nothing is ever taken for replaced.
        send: Puts a document to a URL, and raises nothing.
    """
    answer = Answer(request, physical_id, send)
    seconds = clock.get_remaining_time_in_millis() / 1000 - SECONDS_TO_ANSWER
    watchdog = Timer(max(0, seconds), answer.give, [Verdict(is_success=False, reason=TIMED_OUT)])
    watchdog.daemon = True
    watchdog.start()
    try:
        verdict = do(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody is left waiting
        verdict = Verdict(is_success=False, reason=f"A mistake of ours: {type(error).__name__}. See the log.")
    finally:
        watchdog.cancel()
    answer.give(verdict)
    return verdict
