"""Template parameters on the command line."""

import argparse

import pytest
import yaml

from tasks.parameters import add_parameters, names
from tests.harness import template


def parsed(*words: str) -> dict[str, str]:
    parser = argparse.ArgumentParser()
    add_parameters(parser)
    return dict(parser.parse_args(words).parameters)


def test_the_parameters_are_those_of_the_template():
    content = yaml.load(template.FILE.read_text(), template._Loader)

    assert names() == list(content["Parameters"])


def test_a_parameter_is_a_name_and_a_value():
    assert parsed("WorkerConcurrency=2", "JwtIssuer=https://x/?a=b") == {
        "WorkerConcurrency": "2",
        "JwtIssuer": "https://x/?a=b",
    }


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("WorkerConcurency=2", "no parameter WorkerConcurency; did you mean WorkerConcurrency?"),
        ("xyz=2", "no parameter xyz: it has OpenAIBaseUrl, "),
        ("WorkerConcurrency", "is not Name=value"),
    ],
)
def test_what_is_no_parameter_is_refused_by_name(word: str, said: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        parsed(word)

    assert said in capsys.readouterr().err
