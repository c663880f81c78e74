"""What two places of the template must agree on."""

import pytest

from tests.harness.template import Template

TEMPLATE = Template({})


def test_a_worker_knows_which_receive_is_the_last():
    most = TEMPLATE.properties("RunQueue")["RedrivePolicy"]["maxReceiveCount"]

    assert TEMPLATE.environment("WorkerFunction")["MAX_RECEIVES"] == str(most)


@pytest.mark.parametrize("function", ["WebhookFunction", "ApiFunction", "WorkerFunction", "ToolFunction"])
def test_what_a_function_finds_in_its_environment_is_text(function):
    variables = TEMPLATE.properties(function)["Environment"]["Variables"]

    assert [name for name, value in variables.items() if not isinstance(value, str | dict)] == []


@pytest.mark.parametrize(
    ("queue", "function", "parameters"),
    [
        ("RunQueue", "WorkerFunction", {}),
        *(
            ("ToolQueue", "ToolFunction", {"ToolTimeoutSeconds": seconds})
            for seconds in TEMPLATE.allowed("ToolTimeoutSeconds")
        ),
    ],
)
def test_a_message_stays_invisible_for_six_times_as_long_as_its_function_lives(queue, function, parameters):
    template = Template(parameters)

    invisible = template.resolved(queue, "VisibilityTimeout")
    assert invisible == 6 * template.resolved(function, "Timeout")
