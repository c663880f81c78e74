"""The endpoint at OpenAI, as EndpointFunction sees it: it has the key, which never comes here."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from runrelay.doctor.finding import Finding, Patient, found
from runrelay.webhook.asking import FUNCTION, ask

FOUND: Final = frozenset({"unchanged", "absent"})
"""Outcomes of a look that OpenAI answered."""


def endpoint(patient: Patient) -> Iterator[Finding]:
    """Whether there is a key that OpenAI takes, and an endpoint as it should be."""
    report = ask(patient.there, patient.output(FUNCTION), "show")
    yield from _of_key(patient, report)
    if report["outcome"] in FOUND and patient.parameter("Delivery", "webhook") == "webhook":
        yield from _of_endpoint(f"runrelay webhook register{patient.option}", report)


def _of_key(patient: Patient, report: Mapping[str, Any]) -> Iterator[Finding]:
    outcome, message = report["outcome"], report["message"]
    secret = patient.output("OpenAIApiKeySecretName")
    put = (
        f"{patient.aws} secretsmanager put-secret-value --secret-id {secret} --secret-string file://KEY_FILE"
        f"; then runrelay webhook register{patient.option}"
    )
    if outcome == "failed":
        # Here OpenAI is a process beside the stack, which may have ended.
        mend = "make down up" if patient.is_here else f"runrelay webhook show{patient.option}"
        yield Finding("OpenAI key", False, f"it cannot be told: {message}", mend)
        return
    yield found(
        "OpenAI key", f"{secret} holds one", unless=message if outcome == "no_key" else None, mend=put
    )
    if outcome != "no_key":
        refused = f"OpenAI refused: {message}" if outcome == "refused" else None
        yield found("key accepted", "OpenAI takes it", unless=refused, mend=put)


def _of_endpoint(register: str, report: Mapping[str, Any]) -> Iterator[Finding]:
    if report["outcome"] == "absent":
        yield Finding("endpoint", False, report["message"], register)
        return
    yield Finding("endpoint", True, f"{report['endpoint_id']} is registered for {report['url']}")
    if (missing := report.get("missing_event_types")) is not None:  # an older release tells none
        lacks = f"it is not subscribed to {', '.join(missing)}" if missing else None
        types = f"it is subscribed to {len(report['event_types'])} types"
        yield found("event types", types, unless=lacks, mend=register)
    is_held = report.get("is_secret_held", report["message"] is None)
    wrong = None if is_held else report["message"]
    yield found("signing secret", "it is held here", unless=wrong, mend=register)
