"""What two places of the template must agree on."""

import re

import pytest

from functions.api.inputs import StartRun
from tests.harness.template import Template

TEMPLATE = Template({})


def test_a_worker_knows_which_receive_is_the_last():
    most = TEMPLATE.properties("RunQueue")["RedrivePolicy"]["maxReceiveCount"]

    assert TEMPLATE.environment("WorkerFunction")["MAX_RECEIVES"] == str(most)


@pytest.mark.parametrize(
    "function", ["WebhookFunction", "ApiFunction", "WorkerFunction", "ToolFunction", "EndpointFunction"]
)
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


@pytest.mark.parametrize("function", ["WorkerFunction", "ToolFunction"])
def test_messages_may_go_round_for_as_long_as_a_run_does(function):
    """Lambda drops a message that has come round sixteen times, where nobody says that it may.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    assert TEMPLATE.properties(function)["RecursiveLoop"] == "Allow"


def test_a_payload_outlives_the_run_that_needs_it_and_no_more():
    """S3 counts from when an object was made, and a run from its deadline, which is at most 30 days off."""
    days = TEMPLATE.content["Parameters"]["RunRetentionDays"]["AllowedValues"]
    lifecycle = TEMPLATE.content["Mappings"]["PayloadLifecycle"]

    limits = StartRun.model_fields["deadline_seconds"].metadata
    assert [each.le for each in limits if hasattr(each, "le")] == [30 * 86_400]
    assert {name: each["Days"] for name, each in lifecycle.items()} == {
        str(each): (each or max(days)) + 31 for each in days
    }
    assert [name for name, each in lifecycle.items() if each["Status"] != "Enabled"] == ["0"]


NOT_TAGGED = {
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::Serverless::LayerVersion",
    "Custom::WebhookEndpoint",
}
"""What CloudFormation has no tags for."""

TAG, STACK = "runrelay:stack", {"Ref": "AWS::StackName"}


def test_everything_that_can_be_tagged_says_whose_it_is():
    untagged = [
        name
        for name, resource in TEMPLATE.content["Resources"].items()
        if resource["Type"] not in {*NOT_TAGGED, "AWS::Serverless::Function"}
        and resource["Properties"].get("Tags") not in ({TAG: STACK}, [{"Key": TAG, "Value": STACK}])
    ]
    of_functions = TEMPLATE.content["Globals"]["Function"]

    assert untagged == []
    assert (of_functions["Tags"], of_functions["PropagateTags"]) == ({TAG: STACK}, True)


def test_every_parameter_has_a_sentence_a_group_and_one_place():
    parameters = TEMPLATE.content["Parameters"]
    groups = TEMPLATE.content["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]

    assert grouped == list(parameters)
    assert [name for name, each in parameters.items() if not each.get("Description")] == []
    assert [
        name
        for name, each in parameters.items()
        if each["Type"] != "CommaDelimitedList"
        and not {"AllowedValues", "AllowedPattern", "MinValue"} & each.keys()
    ] == []


def test_every_function_has_a_role_and_a_log_of_its_own():
    functions = {
        name: each["Properties"]
        for name, each in TEMPLATE.content["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
    }

    assert {name: each["Role"] for name, each in functions.items()} == {
        name: {"Fn::GetAtt": f"{name}Role.Arn"} for name in functions
    }
    assert {name: each["LoggingConfig"]["LogGroup"] for name, each in functions.items()} == {
        name: {"Ref": f"{name}LogGroup"} for name in functions
    }


def test_of_its_own_lines_lambda_writes_those_of_what_failed_and_it_takes_all_of_ours():
    settings = TEMPLATE.content["Globals"]["Function"]

    assert settings["LoggingConfig"] == {
        "LogFormat": "JSON",
        "SystemLogLevel": "WARN",
        "ApplicationLogLevel": settings["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"],
    }


@pytest.mark.parametrize("kind", ["AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"])
def test_a_teams_own_key_encrypts_all_of_a_kind(kind):
    key = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}

    kept = {name: each for name, each in TEMPLATE.content["Resources"].items() if each["Type"] == kind}

    assert [name for name, each in kept.items() if key not in each["Properties"].values()] == []


PROTECTED = ("RunsRoute", "RunRoute", "OpenApiRoute")
AUTHORIZED = {"Fn::If": ["UsesJwt", "JWT", "AWS_IAM"]}


def cors_of(template: Template) -> dict[str, object] | None:
    ((_, api),) = template.resources("AWS::ApiGatewayV2::Api")
    return api.get("CorsConfiguration")


def test_pages_of_other_origins_may_call_only_if_they_are_named():
    named = cors_of(Template({"AllowedOrigins": ["https://app.example.com"]}))

    assert cors_of(TEMPLATE) is None
    assert named is not None
    assert named["AllowOrigins"] == ["https://app.example.com"]


@pytest.mark.parametrize(
    "origin", ["*", "https://*", "https://*.example.com", "app.example.com", "https://a/b"]
)
def test_no_origin_is_a_pattern_and_none_is_sent_cookies(origin: str):
    pattern = TEMPLATE.content["Parameters"]["AllowedOrigins"]["AllowedPattern"]
    named = cors_of(Template({"AllowedOrigins": ["https://app.example.com"]}))

    assert re.fullmatch(pattern, origin) is None
    assert all(
        re.fullmatch(pattern, each) for each in ("", "https://app.example.com", "http://localhost:3000")
    )
    assert named is not None
    assert "AllowCredentials" not in named


def test_what_a_browser_asks_beforehand_meets_no_authorizer_where_everything_else_does():
    routes = {
        name: each
        for name, each in TEMPLATE.content["Resources"].items()
        if each["Type"] == "AWS::ApiGatewayV2::Route" and name != "WebhookRoute"
    }
    protected = {name: each["Properties"] for name, each in routes.items() if "Condition" not in each}
    preflights = [each for each in routes.values() if each.get("Condition") == "HasOrigins"]

    assert {*protected} == {*PROTECTED}
    assert all(each["AuthorizationType"] == AUTHORIZED for each in protected.values())
    assert {each["Properties"]["AuthorizationType"] for each in preflights} == {"NONE"}
    assert {each["Properties"]["RouteKey"] for each in preflights} == {
        each["RouteKey"].replace("ANY", "OPTIONS") for each in protected.values()
    }


def test_what_a_page_sends_and_reads_is_let_through():
    named = cors_of(Template({"AllowedOrigins": ["https://app.example.com"]}))

    assert named is not None
    assert named["AllowMethods"] == ["GET", "POST", "DELETE"]
    assert {"authorization", "content-type", "idempotency-key", "traceparent"} <= {*named["AllowHeaders"]}
    assert named["ExposeHeaders"] == ["allow", "location", "retry-after"]
