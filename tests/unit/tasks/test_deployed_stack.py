"""What `make deploy` makes of the stack that is there."""

from types import SimpleNamespace
from typing import Any

import pytest

from runrelay.command_line import CommandError
from tasks import deployed_stack


def a_stack(status: str, **parameters: str) -> dict[str, Any]:
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"StackName": "runrelay-dev", "StackStatus": status, "Parameters": given}


@pytest.mark.parametrize(
    ("status", "way"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("DELETE_FAILED", "delete-stack"),
        ("CREATE_IN_PROGRESS", "describe-stacks"),
        ("UPDATE_IN_PROGRESS", "describe-stacks"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "describe-stacks"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "describe-stacks"),
        ("DELETE_IN_PROGRESS", "describe-stacks"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_refused_with_the_way_out(status: str, way: str):
    with pytest.raises(CommandError) as raised:
        deployed_stack.refuse_unless_ready(a_stack(status))

    assert f"it is in {status}" in str(raised.value)
    assert f"`aws cloudformation {way} --stack-name runrelay-dev`" in str(raised.value)


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]
)
def test_a_stack_that_can_be_updated_is_not_refused(status: str):
    deployed_stack.refuse_unless_ready(a_stack(status))


@pytest.mark.parametrize(
    ("stack", "finished"),
    [
        (None, False),
        (a_stack("REVIEW_IN_PROGRESS"), False),
        (a_stack("ROLLBACK_COMPLETE"), False),
        (a_stack("UPDATE_ROLLBACK_COMPLETE"), True),
    ],
)
def test_a_first_deploy_that_failed_leaves_nothing_to_go_on_from(stack, finished):
    assert deployed_stack.is_finished(stack) == finished


def test_the_parameter_that_keeps_all_others_needs_no_quotes():
    stack = a_stack(
        "CREATE_COMPLETE", JwtIssuer="", AllowedOrigins="https://a b", LogRetentionDays="30", X="y"
    )

    assert deployed_stack.kept_parameter(stack) == {"LogRetentionDays": "30"}
    assert deployed_stack.kept_parameter(a_stack("CREATE_COMPLETE")) == {}


@pytest.mark.parametrize("body", ["Resources: {A: {Ref: B}}", {"Resources": {"A": {"Ref": "B"}}}])
def test_the_template_is_read_in_either_form_that_aws_gives(body):
    cloudformation = SimpleNamespace(get_template=lambda **_: {"TemplateBody": body})

    assert deployed_stack.template(cloudformation, "runrelay-dev") == {"Resources": {"A": {"Ref": "B"}}}


def test_a_template_that_is_none_of_sams_is_refused():
    cloudformation = SimpleNamespace(get_template=lambda **_: {"TemplateBody": "Resources: {A: !Ref B}"})

    with pytest.raises(CommandError, match="was not deployed with SAM"):
        deployed_stack.template(cloudformation, "runrelay-dev")
