"""What may stand beside a team's tools, and what is said of what may not: a file, a line, what to do."""

import argparse
from pathlib import Path

import pytest

from runrelay.command_line import CommandError
from tasks.team import settings
from tasks.team.folder import TeamFolder, add_tools, given
from tasks.team.template import with_team


@pytest.fixture
def folder(tmp_path: Path) -> TeamFolder:
    (tmp_path / "acme_tools").mkdir()
    return TeamFolder(tmp_path / "acme_tools")


def refusals(folder: TeamFolder, name: str, content: str) -> list[str]:
    """Write a file of the folder and give what is said of it, each by line and words."""
    (folder.path / name).write_text(content)
    with pytest.raises(CommandError) as raised:
        settings.read(folder)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{folder.path / name}:") for line in lines)
    return [line.removeprefix(f"{folder.path / name}:") for line in lines]


def test_a_folder_without_settings_has_none(folder: TeamFolder):
    assert settings.read(folder) == settings.Settings({}, [])


def test_a_file_without_anything_says_nothing(folder: TeamFolder):
    (folder.path / "environment.yaml").write_text("# later\n")
    (folder.path / "permissions.yaml").touch()

    assert settings.read(folder) == settings.Settings({}, [])


def test_variables_are_texts_or_made_by_cloudformation(folder: TeamFolder):
    (folder.path / "environment.yaml").write_text(
        "URL: https://shop.example\nCOUNT: '5'\nKEY: !Sub ${AWS::StackName}/key\nTABLE: !Ref RunTable\n"
        "LONG:\n  Fn::Sub: ${WorkerConcurrency} of ${!Literally}\nARN: !GetAtt RunTable.Arn\n"
    )

    read = settings.read(folder)

    assert read.variables == {
        "URL": "https://shop.example",
        "COUNT": "5",
        "KEY": {"Fn::Sub": "${AWS::StackName}/key"},
        "TABLE": {"Ref": "RunTable"},
        "LONG": {"Fn::Sub": "${WorkerConcurrency} of ${!Literally}"},
        "ARN": {"Fn::GetAtt": "RunTable.Arn"},
    }
    deployed = read.as_if_deployed()
    assert deployed["KEY"] == "runrelay/key"
    assert deployed["LONG"].startswith("10 of ")
    assert (deployed["TABLE"], deployed["URL"]) == ("RunTable", "https://shop.example")


ODD_VARIABLES = {
    "a list": ("- A\n", ["1: write names and values, such as SHOP_URL: https://shop.example."]),
    "a number": ("A_B: b\nPORT: 80\n", ["2: the value of PORT is no text: put it in quotes."]),
    "a truth": ("IS_ON: yes\n", ["1: the value of IS_ON is no text: put it in quotes."]),
    "nothing": ("EMPTY:\n", ["1: the value of EMPTY is no text: put it in quotes."]),
    "a mapping": ("MANY: {a: b}\n", ["1: the value of MANY is no text: put it in quotes."]),
    "Lambda's": ("AWS_REGION: x\n", ["1: AWS_REGION is a name of Lambda's own: take another."]),
    "Lambda's other": (
        "LAMBDA_TASK_ROOT: x\n",
        ["1: LAMBDA_TASK_ROOT is a name of Lambda's own: take another."],
    ),
    "Runrelay's": ("\n\nTABLE_NAME: x\n", ["3: TABLE_NAME is a variable of Runrelay's: take another."]),
    "everybody's": (
        "POWERTOOLS_LOG_LEVEL: DEBUG\n",
        ["1: POWERTOOLS_LOG_LEVEL is a variable of Runrelay's: take another."],
    ),
    "an odd name": ("A-B: x\n", ["1: A-B is no name for Lambda: use two or more letters, digits and _."]),
    "twice": ("AB: x\nAB: y\n", ["2: AB stands here twice: leave one."]),
    "a reference": (
        "AB: !Sub ${Nowhere}\n",
        ["1: Nowhere is no parameter and no resource of template.yaml."],
    ),
    "no YAML": ("A: [\n", ["2: it is no YAML: expected the node content, but found '<stream end>'."]),
    "several": (
        "PORT: 80\nAWS_A: 'x'\n",
        [
            "1: the value of PORT is no text: put it in quotes.",
            "2: AWS_A is a name of Lambda's own: take another.",
        ],
    ),
}


@pytest.mark.parametrize(("content", "words"), ODD_VARIABLES.values(), ids=ODD_VARIABLES)
def test_a_variable_that_cannot_be_is_refused(folder: TeamFolder, content: str, words: list[str]):
    assert refusals(folder, "environment.yaml", content) == words


def test_statements_are_those_of_iam(folder: TeamFolder):
    (folder.path / "permissions.yaml").write_text(
        "- Effect: Allow\n  Action: [s3:GetObject, 's3:Put*']\n  Resource: !Sub ${PayloadBucket.Arn}/x/*\n"
        "- Sid: Never\n  Effect: Deny\n  NotAction: '*'\n  Resource: '*'\n"
        "  Condition: {StringEquals: {aws:RequestedRegion: !Ref AWS::Region}}\n"
    )

    first, second = settings.read(folder).statements

    assert first == {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:Put*"],
        "Resource": {"Fn::Sub": "${PayloadBucket.Arn}/x/*"},
    }
    assert second["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}


ALLOW = "- Effect: Allow\n"
ODD_STATEMENTS = {
    "a mapping": ("Effect: Allow\n", ["1: write a list of IAM statements, each with a - before it."]),
    "a text": ("- Allow\n", ["1: it is no statement: write Effect, Action and Resource."]),
    "no Action": (f"{ALLOW}  Resource: '*'\n", ["1: the statement has not one of Action and NotAction."]),
    "no Resource": (
        f"{ALLOW}  Action: s3:Get*\n",
        ["1: the statement has not one of Resource and NotResource."],
    ),
    "no Effect": ("- Action: s3:Get*\n  Resource: '*'\n", ["1: the statement has no Effect: Allow or Deny."]),
    "another effect": (
        "- Effect: allow\n  Action: s3:Get*\n  Resource: '*'\n",
        ["1: the Effect is Allow or Deny."],
    ),
    "another key": (
        f"{ALLOW}  Action: s3:Get*\n  Resource: '*'\n  Principal: '*'\n",
        [
            (
                "4: a statement has no Principal: use Sid, Effect, Action, NotAction, Resource, NotResource, "
                "Condition."
            )
        ],
    ),
    "no action": (
        f"{ALLOW}  Action:\n    - s3:Get*\n    - GetObject\n  Resource: '*'\n",
        ["4: GetObject is no action: write service:Action, such as s3:GetObject."],
    ),
    "no ARN": (f"{ALLOW}  Action: s3:Get*\n  Resource: bucket/x\n", ["3: bucket/x is no ARN."]),
    "no Sub": (
        f"{ALLOW}  Action: s3:Get*\n  Resource: ${{PayloadBucket.Arn}}/*\n",
        ["3: ${PayloadBucket.Arn}/* is no ARN; with ${...} in it, it begins with !Sub."],
    ),
    "a number": (f"{ALLOW}  Action: s3:Get*\n  Resource: 5\n", ["3: the Resource is no text."]),
    "an odd Sid": (
        "- Sid: the-key\n  Effect: Allow\n  Action: s3:Get*\n  Resource: '*'\n",
        ["1: the-key is no Sid: use letters and digits."],
    ),
    "a reference": (
        f"{ALLOW}  Action: s3:Get*\n  Resource: !Sub ${{Nowhere.Arn}}/*\n",
        ["3: Nowhere.Arn is no parameter and no resource of template.yaml."],
    ),
}


@pytest.mark.parametrize(("content", "words"), ODD_STATEMENTS.values(), ids=ODD_STATEMENTS)
def test_a_statement_that_cannot_be_is_refused(folder: TeamFolder, content: str, words: list[str]):
    assert refusals(folder, "permissions.yaml", content) == words


def test_the_mistakes_of_both_files_are_told_at_once(folder: TeamFolder):
    (folder.path / "environment.yaml").write_text("PORT: 80\n")
    (folder.path / "permissions.yaml").write_text("- Allow\n")

    with pytest.raises(CommandError) as raised:
        settings.read(folder)

    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == [
        str(folder.path / "environment.yaml"),
        str(folder.path / "permissions.yaml"),
    ]


@pytest.mark.parametrize("name", ["my-tools", "functions", "json", "runrelay", "class", "2tools"])
def test_a_folder_from_which_nothing_can_be_imported_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()

    with pytest.raises(CommandError, match=f"nothing can be imported from a folder named {name}: rename it"):
        TeamFolder(tmp_path / name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(CommandError, match="There is no folder"):
        TeamFolder(tmp_path / "nowhere")


def test_the_folder_is_the_one_that_the_command_or_the_environment_names(folder: TeamFolder, monkeypatch):
    def parsed(*words: str) -> TeamFolder | None:
        parser = argparse.ArgumentParser()
        add_tools(parser)
        return given(parser.parse_args(words))

    monkeypatch.setenv("TOOLS", str(folder.path))
    assert parsed() == folder
    monkeypatch.setenv("TOOLS", "")
    assert parsed() is None
    assert parsed("--tools", str(folder.path)) == folder


def a_template(**function: object) -> dict:
    return {
        "Parameters": {"ToolTimeoutSeconds": {"Default": 120, "AllowedValues": [30, 120, 300]}},
        "Resources": {
            "ToolFunction": {"Properties": {"Environment": {"Variables": {"A": "b"}}, **function}},
            "ToolRole": {"Type": "AWS::IAM::Role", "Properties": {}},
        },
    }


STATEMENTS = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]


def test_statements_go_to_the_role_that_sam_makes_or_to_the_one_that_is_named():
    said = settings.Settings({"C": "d"}, STATEMENTS)

    of_sam = with_team(a_template(Policies=[{"Statement": []}]), "acme_tools", said, [], seconds=120)
    named = with_team(
        a_template(Role={"Fn::GetAtt": ["ToolRole", "Arn"]}), "acme_tools", said, [], seconds=120
    )

    assert of_sam["Resources"]["ToolFunction"]["Properties"]["Policies"][1]["Statement"] == STATEMENTS
    (policy,) = named["Resources"]["ToolRole"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == STATEMENTS
    variables = named["Resources"]["ToolFunction"]["Properties"]["Environment"]["Variables"]
    assert variables == {"A": "b", "C": "d", "TOOLS_PACKAGE": "acme_tools"}


def test_a_role_of_somebody_elses_is_not_passed_over_without_a_word():
    said = settings.Settings({}, STATEMENTS)

    with pytest.raises(CommandError, match="no permissions can be added to it"):
        with_team(a_template(Role="arn:aws:iam::1:role/x"), "acme_tools", said, [], seconds=120)


@pytest.mark.parametrize(
    ("effect", "timeout", "allowed"),
    [("pure", 20, [30, 120, 300]), ("pure", 21, [120, 300]), ("verify", 100, [300])],
)
def test_a_deployment_cannot_give_the_tools_less_time_than_they_may_take(effect, timeout, allowed):
    entries = [{"executor": "tools", "effect": effect, "timeout": timeout}]
    entries.append({"executor": "external", "effect": "once", "timeout": 3600})

    template = with_team(
        a_template(Policies=[]), "acme_tools", settings.Settings({}, []), entries, seconds=300
    )

    assert template["Parameters"]["ToolTimeoutSeconds"] == {"Default": 300, "AllowedValues": allowed}


def test_a_timeout_that_the_template_does_not_allow_is_refused():
    with pytest.raises(CommandError, match="ToolTimeoutSeconds is one of 30, 120, 300, and not 200"):
        with_team(a_template(Policies=[]), "acme_tools", settings.Settings({}, []), [], seconds=200)
