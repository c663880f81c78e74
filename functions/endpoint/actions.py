"""What EndpointFunction can be asked for: by CloudFormation, by a command, by its schedule."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts.error_facts import facts_of
from contracts.errors import ProviderError, ProviderRefusedError

from functions.endpoint.api_key import NoKeyError
from functions.endpoint.custom_resource import Verdict
from functions.endpoint.own_stack import OwnStack
from functions.endpoint.registration import Registration
from functions.endpoint.report import Report
from functions.endpoint.secret_store import SecretsManagerError

type Action = Callable[[Registration], Report]

ACTIONS: Mapping[str, Action] = {
    "register": Registration.register,
    "rotate": Registration.rotate,
    "replace": Registration.replace,
    "tend": Registration.tend,
    "show": Registration.show,
    "test": Registration.test,
    "delete": Registration.delete,
}
OF_CLOUDFORMATION = {"Create": "register", "Update": "register", "Delete": "delete"}

LEFT = "The stack stays, and so does its endpoint at OpenAI: it is left to hand."
BY_HAND = "With the parameter RegisterWebhook=false the stack leaves the endpoint to you."


class Actions:
    """Does what is asked for, and says what came of it; it raises nothing."""

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Registration]],
        own_stack: OwnStack,
        logger: Logger,
        metrics: Metrics,
    ) -> None:
        """Say what it is done with.

        Args:
            opened: Gives a registration with the key as it is now; or raises `NoKeyError`, ...
        """
        self._opened = opened
        self._own_stack = own_stack
        self._logger = logger
        self._metrics = metrics

    def invoke(self, event: Mapping[str, Any]) -> Report:
        """Do the `action` that an event names."""
        name = event.get("action")
        if not isinstance(name, str) or name not in ACTIONS:
            return Report(outcome="failed", message=f"The action is one of {', '.join(ACTIONS)}.")
        return self._do(name, ACTIONS[name])

    def of_cloudformation(self, request: Mapping[str, Any]) -> Verdict:
        """Do what a request of CloudFormation is about.

        A key that is missing holds up no stack, nor does one that is refused hold up its deletion. A stack
        that lets go of the endpoint and stays still has its URL: a rollback of an update costs no webhook.
        """
        name = OF_CLOUDFORMATION.get(str(request.get("RequestType")))
        if name is None:
            return Verdict(is_success=False, reason="There is no such type of request.")
        if name == "delete" and self._own_stack.stays(str(request.get("StackId"))):
            self._logger.info("endpoint left to hand")
            return Verdict(is_success=True, reason=LEFT)
        old_url = (request.get("OldResourceProperties") or {}).get("Url")
        moved_from = [old_url] if isinstance(old_url, str) else []
        action: Action = (
            ACTIONS[name] if name == "delete" else lambda each: each.register(moved_from=moved_from)
        )
        return _verdict(name, self._do(name, action))

    def _do(self, name: str, action: Action) -> Report:
        report = self._attempt(name, action)
        facts = {"action": name, "outcome": report.outcome, "did": report.did, "status": report.test_status}
        self._logger.info("endpoint looked after", extra=facts)
        counted = {
            "WebhookSecretRotated": report.outcome == "rotated",
            "WebhookEndpointFailed": report.outcome in ("refused", "failed"),
        }
        for metric, is_so in counted.items():
            self._metrics.add_metric(metric, MetricUnit.Count, int(is_so))
        self._metrics.flush_metrics()
        return report

    def _attempt(self, name: str, action: Action) -> Report:
        try:
            with self._opened() as registration:
                return action(registration)
        except NoKeyError as error:
            return Report(outcome="no_key", message=str(error))
        except ProviderRefusedError as error:
            self._logger.error("endpoint refused", extra={"action": name, "code": error.code})
            return Report(outcome="refused", message=str(error))
        except (ProviderError, SecretsManagerError) as error:
            self._logger.error("endpoint not looked after", extra={"action": name, **facts_of(error)})
            return Report(outcome="failed", message=str(error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours is told as such
            self._logger.error("endpoint not looked after", extra={"action": name, **facts_of(error)})
            return Report(
                outcome="failed", message=f"A mistake of ours: {type(error).__name__}. See the log."
            )


def _verdict(name: str, report: Report) -> Verdict:
    harmless = {"no_key", "refused"} if name == "delete" else {"no_key"}
    is_success = report.outcome in {"registered", "deleted"} | harmless
    sentence = report.in_a_sentence()
    return Verdict(
        is_success=is_success,
        reason=sentence if is_success else f"{sentence} {BY_HAND}",
        data={
            "Status": sentence,
            "EndpointId": report.endpoint_id or "none",
            "TestStatus": str(report.test_status or "none"),
        },
    )
