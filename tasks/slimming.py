"""Leave out of a built function what it never reads, and what Lambda would carry for nothing.

- botocore describes some four hundred services; a function keeps those of which it makes a client. Which they
  are is read from its code. Where the code names a service only when it runs, all are kept.
- Most of what it says of a service is words for people, which each start would read and nobody sees.
- Powertools brings Swagger's page, more than all its code; it is kept where the code asks for it.
- Of a library the bytecode is kept. Our own sources stay beside theirs, for the lines in tracebacks.
"""

import ast
import gzip
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tasks import own_sources

CLIENT_MAKERS: Final = {"client", "resource", "create_client"}
AWS_LIBRARIES: Final = {"boto3", "botocore", "s3transfer", "aws_lambda_powertools"}
"""They make clients too, each when it is asked to by name: what asks is the function."""

POWERTOOLS: Final = {
    "secretsmanager": (b"get_secret", b"set_secret", b"SecretsProvider"),
    "ssm": (b"get_parameter", b"set_parameter", b"SSMProvider"),
    "appconfigdata": (b"get_app_config", b"AppConfigProvider"),
    "dynamodb": (b"DynamoDBProvider",),
}
"""The services whose clients Powertools Parameters makes, and what code asks it for."""

DESCRIPTIONS: Final = ("botocore/data", "boto3/data")
SWAGGER: Final = "aws_lambda_powertools/event_handler/openapi/swagger_ui"


@dataclass(frozen=True)
class Needs:
    """What the code of a function needs of that which may be left out.

    Attributes:
        services: The AWS services of which it makes clients; nothing if only its run can tell.
        swagger: Whether it has its API show Swagger's page.
    """

    services: frozenset[str] | None
    swagger: bool


def slim(folder: Path, *beside: Path) -> None:
    """Drop what the code of a function's folder never reads.

    Args:
        folder: The built function, its dependencies compiled to `module.pyc` beside `module.py`.
        beside: Layers whose code it runs as well.
    """
    wanted = needs(folder, *beside)
    drop_descriptions(folder, wanted.services)
    drop_documentation(folder)
    if not wanted.swagger:
        drop_swagger(folder)
    drop_sources(folder)


def needs(folder: Path, *beside: Path) -> Needs:
    """Read from the code what it needs."""
    shows = any(b"enable_swagger" in source.read_bytes() for source in _sources(folder))
    return Needs(services_called(folder, *beside), shows)


def services_called(*folders: Path) -> frozenset[str] | None:
    """Read from the code of which services it makes clients; nothing if only its run can tell."""
    calls = [call for folder in folders for source in _sources(folder) for call in _client_calls(source)]
    services = {_service(call) for call in calls}
    if None in services:
        return None
    asked = (
        each for folder in folders for source in _sources(folder) for each in _asked_of_powertools(source)
    )
    return frozenset(service for service in (*services, *asked) if service)


def drop_descriptions(folder: Path, services: frozenset[str] | None) -> None:
    """Remove what botocore and boto3 know of other services, and the examples for their documentation."""
    for descriptions in (folder / each for each in DESCRIPTIONS):
        for description in (each for each in descriptions.glob("*") if each.is_dir()):
            if services is not None and description.name not in services:
                shutil.rmtree(description)
    for examples in folder.glob("botocore/data/*/*/examples-1.json*"):
        examples.unlink()
    shutil.rmtree(folder / "boto3/examples", ignore_errors=True)


def drop_documentation(folder: Path) -> None:
    """Empty the words for people in what botocore knows of each service that is left."""
    for description in folder.glob("botocore/data/*/*/service-2.json.gz"):
        model = json.loads(gzip.decompress(description.read_bytes()))
        text = json.dumps(_without_documentation(model), separators=(",", ":"))
        description.write_bytes(gzip.compress(text.encode(), mtime=0))


def _without_documentation(model: Any) -> Any:  # noqa: ANN401 - any JSON
    """Empty the texts of that name, which botocore reads here and there; a member called so is no text."""
    match model:
        case dict():
            return {
                name: ""
                if name == "documentation" and isinstance(value, str)
                else _without_documentation(value)
                for name, value in model.items()
            }
        case list():
            return [_without_documentation(each) for each in model]
        case _:
            return model


def drop_swagger(folder: Path) -> None:
    """Remove the scripts and styles of Swagger's page."""
    for each in (*folder.glob(f"{SWAGGER}/*.js"), *folder.glob(f"{SWAGGER}/*.css")):
        each.unlink()


def drop_sources(folder: Path) -> None:
    """Remove each library's sources that have bytecode beside them."""
    for source in folder.rglob("*.py"):
        if (
            source.relative_to(folder).parts[0] not in own_sources.PLACES
            and source.with_suffix(".pyc").exists()
        ):
            source.unlink()


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in AWS_LIBRARIES)


def _client_calls(source: Path) -> Iterator[ast.Call]:
    """Find the calls that make a client, in a file that knows AWS's libraries."""
    text = source.read_bytes()
    if b"boto" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(args=[], keywords=[]):
                pass
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLIENT_MAKERS:
                yield node


def _asked_of_powertools(source: Path) -> Iterator[str]:
    """Name the services that a file has Powertools Parameters ask."""
    text = source.read_bytes()
    if b"aws_lambda_powertools" in text and b"parameters" in text:
        for service, words in POWERTOOLS.items():
            if any(word in text for word in words):
                yield service


def _service(call: ast.Call) -> str | None:
    named = [each.value for each in call.keywords if each.arg == "service_name"]
    match [*call.args, *named]:
        case [ast.Constant(value=str(service)), *_]:
            return service
        case _:
            return None
