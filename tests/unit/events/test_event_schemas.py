"""The schemas of docs/events refuse what they do not name: who sends a new field has to name it there."""

import json
from typing import Any

import pytest
from jsonschema import ValidationError

from tests.harness.announced import SCHEMAS, check, schemas

RUN_ID = "run_01JD2Q4Z7V8X9YABCDEFGHJKMN"
CALL = {
    "run_id": RUN_ID,
    "kind": "response",
    "turn": 1,
    "call_id": "call_1",
    "type": "function_call",
    "name": "refund_order",
    "arguments": "{}",
    "wait_until": "2026-11-21T09:30:00.000Z",
    "metadata": {},
}
DETAILS: dict[str, dict[str, Any]] = {
    "Run Status Changed": {
        "run_id": RUN_ID,
        "kind": "response",
        "status": "failed",
        "status_from": "in_progress",
        "turn": 1,
        "metadata": {"order": "A-1"},
        "error": {"code": "server_error", "message": "The model broke."},
    },
    "Call Awaiting Decision": CALL,
    "Call Awaiting Output": CALL,
    "Run Deleted": {"run_id": RUN_ID, "kind": "response"},
    "Webhook Relayed": {
        "webhook_id": "wh_1",
        "run_id": None,
        "event": {"id": "evt_1", "type": "batch.completed", "data": {"id": "batch_1"}},
    },
}

each_type = pytest.mark.parametrize("detail_type", DETAILS)


def an_event(detail_type: str, **changed: Any) -> dict[str, Any]:
    detail = {"stack": "runrelay", **DETAILS[detail_type], **changed}
    return {"source": "runrelay", "detail-type": detail_type, "resources": ["runrelay"], "detail": detail}


def test_each_detail_type_has_a_schema_in_a_file_of_its_name():
    names = {path.stem for path in SCHEMAS.glob("*.json")}

    assert set(schemas()) == set(DETAILS)
    assert names == {detail_type.lower().replace(" ", "-") for detail_type in DETAILS}


@each_type
def test_an_event_as_it_is_sent_keeps_to_its_schema(detail_type: str):
    check(an_event(detail_type))


@each_type
def test_a_field_that_no_schema_names_is_refused(detail_type: str):
    with pytest.raises(ValidationError):
        check(an_event(detail_type, mood="good"))


@each_type
def test_a_field_that_is_missing_is_refused(detail_type: str):
    for name in DETAILS[detail_type]:
        event = an_event(detail_type)
        event["detail"] = {key: value for key, value in event["detail"].items() if key != name}
        with pytest.raises(ValidationError):
            check(event)


@each_type
@pytest.mark.parametrize(
    "changed", [{"source": "other"}, {"detail-type": None}, {"resources": "none"}], ids=str
)
def test_an_event_of_another_source_or_form_is_refused(detail_type: str, changed: dict[str, Any]):
    schema = schemas()[detail_type]

    with pytest.raises(ValidationError):
        schema.validate(an_event(detail_type) | changed)


def test_schemas_are_formatted_as_json_of_two_spaces():
    for path in SCHEMAS.glob("*.json"):
        text = path.read_text()
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
