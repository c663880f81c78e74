"""Metrics, alarms and the page that explains them name each other."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.harness.template import FILE, Template, _Loader

ROOT = Path(__file__).parents[2]
OPERATING = (ROOT / "docs/operating.md").read_text()
TEMPLATE: dict[str, Any] = yaml.load(FILE.read_text(), _Loader)
ALARMS = {
    name: each["Properties"]
    for name, each in TEMPLATE["Resources"].items()
    if each["Type"] == "AWS::CloudWatch::Alarm"
}
EXPLAINED = set(re.findall(r"`(\w+)`", OPERATING.partition("| metric |")[2].partition("\n\n")[0]))
COUNTED = re.compile(
    r'(?:add_metric|\bcount|count_seconds)\(\s*"(\w+)"|"(Call[A-Z]\w+)",$|"(Webhook\w+)": report',
    re.MULTILINE,
)


OF_TRACES = {"TraceSent", "TraceNotSent"}
"""Shown by the backend of traces itself."""

SELDOM = {"RunDeleted", "ToolModuleBroken", "WebhookEndpointFailed", "WebhookSecretRotated"}
"""What an alarm or a client knows of, and nobody draws."""


def counted_in_code() -> set[str]:
    """Name every metric of every function."""
    found = set()
    for folder in ("functions", "layers/contracts/contracts"):
        for module in (ROOT / folder).rglob("*.py"):
            found |= {"".join(groups) for groups in COUNTED.findall(module.read_text())}
    return found


def test_every_metric_that_is_counted_is_explained_and_no_other():
    dimensions = {"status", "kind", "tool", "reason", "unknown"}
    reasons = {"malformed", "not_authentic", "stale", "too_large", "not_posted", "failed", "internal_error"}

    assert counted_in_code() == EXPLAINED - dimensions - reasons


def test_every_functions_logger_and_metrics_name_its_stack_as_alarms_do():
    apps = {path.parent.name: path.read_text() for path in (ROOT / "functions").glob("*/app.py")}
    nameless = re.compile(r"\b(?:Logger|Metrics)\(")

    assert [
        name for name, text in apps.items() if nameless.search(text) or "stack_logger()" not in text
    ] == []
    stack = {"Name": "stack", "Value": {"Ref": "AWS::StackName"}}
    ours = {name: alarm for name, alarm in ALARMS.items() if alarm["Namespace"] == "Runrelay"}
    assert [name for name, alarm in ours.items() if stack not in alarm["Dimensions"]] == []


def test_every_alarm_has_an_entry_that_says_what_to_do():
    entries = set(re.findall(r"`(\w+Alarm)`", OPERATING))

    assert set(ALARMS) == entries
    for name, alarm in ALARMS.items():
        assert alarm["AlarmDescription"].endswith(f"See docs/operating.md, {name}."), name


def test_every_link_within_the_page_leads_somewhere():
    headings = {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", OPERATING, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([\w-]+)\)", OPERATING)) <= headings


def test_every_alarm_on_a_metric_of_ours_is_on_one_that_is_counted():
    ours = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == "Runrelay"}

    assert ours <= counted_in_code()


def test_every_alarm_reaches_the_topic_and_is_quiet_when_there_is_nothing_to_count():
    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }
        assert alarm["TreatMissingData"] == "notBreaching"


def test_a_record_that_fails_raises_an_alarm_within_ten_minutes_of_its_first_failure():
    """Its third failure is after 5 + 25 s; then comes the period, and one more for CloudWatch to see it."""
    for name in ("WorkerRecordFailedAlarm", "ToolRecordFailedAlarm"):
        alarm = ALARMS[name]
        assert (alarm["MetricName"], alarm["Threshold"]) == ("RecordFailedAgain", 0)
        assert 5 + 25 + alarm["Period"] * (alarm["EvaluationPeriods"] + 1) < 600


def test_the_dashboard_is_json_and_shows_every_metric_that_stands_for_a_question():
    ((_, dashboard),) = Template({}).resources("AWS::CloudWatch::Dashboard")
    shown = json.dumps(json.loads(dashboard["DashboardBody"]))

    unshown = {metric for metric in counted_in_code() if metric not in shown}
    assert (
        unshown
        == {"RecordFailedAgain", "RunGivenUp", "RunSwept", "TurnAdopted", "OrphanCancelled"}
        | OF_TRACES
        | SELDOM
    )
