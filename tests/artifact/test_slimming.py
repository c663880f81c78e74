import gzip
import json
from pathlib import Path

import pytest

from tasks import slimming


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode() or b"{}") if path.suffix == ".gz" else text.encode())
    return folder


@pytest.mark.parametrize(
    ("source", "services"),
    [
        ("import boto3\nboto3.client('ses')", {"ses"}),
        ("import boto3\nboto3.resource('dynamodb', config=None)", {"dynamodb"}),
        ("import boto3\nboto3.Session().client(service_name='kms')", {"kms"}),
        ("from botocore.session import Session\nSession().create_client(\n  'sqs')", {"sqs"}),
        ("import boto3\nservice = 'ses'\nboto3.client(service)", None),
        ("import boto3\nboto3.client(**{'service_name': 'ses'})", None),
        ("import boto3\nboto3.client('ses')\nboto3.client(service_name=ask())", None),
        ("import asyncpg\nasyncpg.client('ses')", set()),
        ("import boto3\nself.client()", set()),
        (
            "from aws_lambda_powertools.utilities import parameters\nparameters.get_secret('a')",
            {"secretsmanager"},
        ),
        (
            "from aws_lambda_powertools.utilities.parameters import SSMProvider, get_secret",
            {"secretsmanager", "ssm"},
        ),
        ("from aws_lambda_powertools import Logger\nself.get_parameter()", set()),
        ("import asyncpg\nparameters.get_secret('a')", set()),
    ],
)
def test_the_services_are_those_of_which_the_code_makes_clients(tmp_path: Path, source: str, services):
    folder = written(tmp_path, {"functions/tools/catalog/mine.py": source})

    assert slimming.services_called(folder) == services


def test_a_library_beside_the_tools_is_read_as_they_are_and_awss_own_are_not(tmp_path: Path):
    folder = written(
        tmp_path,
        {
            "pynamo/connection.py": "import botocore.session\nsession().create_client('dynamodb')",
            "aws_lambda_powertools/idempotency.py": "import boto3\nboto3.client('appconfigdata')",
            "botocore/session.py": "import botocore\nself.create_client(service_name)",
        },
    )

    assert slimming.services_called(folder) == {"dynamodb"}


def test_what_no_function_reads_is_left_out(tmp_path: Path):
    folder = written(
        tmp_path,
        {
            "functions/tools/app.py": "import boto3\nboto3.client('sqs')",
            "functions/tools/__pycache__/app.cpython-313.pyc": "",
            "botocore/session.py": "",
            "botocore/session.pyc": "",
            "botocore/data/endpoints.json": "{}",
            "botocore/data/sqs/2012-11-05/service-2.json.gz": "",
            "botocore/data/sqs/2012-11-05/examples-1.json.gz": "",
            "botocore/data/ses/2010-12-01/service-2.json.gz": "",
            "boto3/data/sqs/resources-1.json": "",
            "boto3/data/ec2/resources-1.json": "",
            "openai/uncompiled.py": "",
        },
    )

    slimming.slim(folder)

    left = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    assert left == {
        "functions/tools/app.py",
        "functions/tools/__pycache__/app.cpython-313.pyc",
        "botocore/session.pyc",
        "botocore/data/endpoints.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "boto3/data/sqs/resources-1.json",
        "openai/uncompiled.py",
    }


def test_of_a_service_all_is_kept_but_the_words_for_people(tmp_path: Path):
    description = "botocore/data/sqs/2012-11-05/service-2.json.gz"
    member = {"shape": "Text", "documentation": "<p>What people may read.</p>"}
    model = {"documentation": "<p>A queue.</p>", "shapes": {"Page": {"members": {"documentation": member}}}}
    folder = written(
        tmp_path,
        {"functions/tools/app.py": "import boto3\nboto3.client('sqs')", description: json.dumps(model)},
    )

    slimming.slim(folder)

    left = json.loads(gzip.decompress((folder / description).read_bytes()))
    assert left == {
        "documentation": "",
        "shapes": {"Page": {"members": {"documentation": {"shape": "Text", "documentation": ""}}}},
    }


def test_where_only_the_run_tells_the_service_all_are_kept(tmp_path: Path):
    files = {
        "functions/tools/app.py": "import boto3\nboto3.client(service)",
        "botocore/data/ses/2010-12-01/service-2.json.gz": "",
    }
    folder = written(tmp_path, files)

    slimming.slim(folder)

    assert (folder / "botocore/data/ses").is_dir()


def test_a_service_that_only_the_layer_calls_is_kept(tmp_path: Path):
    function = written(tmp_path / "function", {"botocore/data/s3/2006-03-01/service-2.json.gz": ""})
    layer = written(tmp_path / "layer", {"python/contracts/payloads.py": "import boto3\nboto3.client('s3')"})

    slimming.slim(function, layer)

    assert (function / "botocore/data/s3").is_dir()


@pytest.mark.parametrize(
    ("source", "is_kept"),
    [("app = APIGatewayHttpResolver()", False), ("app.enable_swagger(path='/docs')", True)],
)
def test_swaggers_page_is_kept_where_the_code_shows_it(tmp_path: Path, source: str, is_kept: bool):
    script = f"{slimming.SWAGGER}/swagger-ui-bundle.min.js"
    library = "aws_lambda_powertools/event_handler/api_gateway.py"
    folder = written(
        tmp_path, {"functions/api/app.py": source, script: "", library: "def enable_swagger(): ..."}
    )

    slimming.slim(folder)

    assert (folder / script).exists() == is_kept
