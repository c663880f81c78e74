"""Where a stack's API is, and what it wants to be sent: by the caller, the environment, or a local stack."""

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from runrelay.client.errors import NoStackError
from runrelay.client.signing import AwsSignature, BearerToken
from runrelay.deployed import Deployed

STACK, URL, TOKEN = "RUNRELAY_STACK", "RUNRELAY_URL", "RUNRELAY_TOKEN"
DIRECTORY: Final = Path(".local")
FILE: Final = "stack.json"
OUTPUT: Final = "ApiUrl"
AT_API_GATEWAY: Final = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$")
WHAT_TO_SAY: Final = (
    'Runrelay(stack="runrelay-dev") is a CloudFormation stack, Runrelay(url="https://...") an API, '
    f'Runrelay(directory=".local") a local stack; {STACK} and {URL} name one as well.'
)

type Token = str | Callable[[], str]


@dataclass(frozen=True, slots=True)
class Place:
    """An API within reach.

    Attributes:
        auth: Proves who sends a request, if that is asked for.
        proof: In words, what `auth` sends.
        is_here: Whether it is on this machine, where no proxy leads.
    """

    url: str
    auth: httpx2.Auth | None = None
    proof: str = "nothing proves who sent it"
    headers: Mapping[str, str] = field(default_factory=dict)
    is_here: bool = False


def find(
    *,
    stack: str | None = None,
    directory: str | os.PathLike[str] | None = None,
    url: str | None = None,
    token: Token | None = None,
    region: str | None = None,
) -> Place:
    """Find the API that is meant: by what is said, else by the environment, else a local stack's.

    Raises:
        NoStackError: There is none, or nothing to sign with.
    """
    try:
        return _found(stack, directory, url, token, region)
    except BotoCoreError as error:  # such as a profile that is not there
        raise NoStackError(f"AWS cannot be asked: {error}") from error


def _found(
    stack: str | None,
    directory: str | os.PathLike[str] | None,
    url: str | None,
    token: Token | None,
    region: str | None,
) -> Place:
    said = [each for each in (stack, directory, url) if each is not None]
    if len(said) > 1:
        raise NoStackError("Say only one of stack, directory and url.")
    if not said:
        url = os.environ.get(URL) or None
        stack = None if url else os.environ.get(STACK) or None
        # A token of the environment is for the stack that the environment names, and for no other.
        token = token or os.environ.get(TOKEN) or None
    if url is not None:
        return _at(url, token, region)
    if stack is not None and not _is_file(stack):
        return _deployed(stack, token, region)
    return _local(Path(stack) if stack is not None else Path(directory or DIRECTORY) / FILE)


def _is_file(stack: str) -> bool:
    """Whether a stack is named by its file; no name of CloudFormation's has a dot."""
    return stack.endswith(".json")


def _local(path: Path) -> Place:
    try:
        facts = json.loads(path.read_text())
        _ = _host(facts["api_url"])
        return Place(facts["api_url"], headers=dict(facts["api_headers"]), is_here=True)
    except FileNotFoundError as error:
        raise NoStackError(f"No stack is named, and {path} is not there. {WHAT_TO_SAY}") from error
    except (AttributeError, OSError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise NoStackError(f"{path} does not say where the local stack is: `make up` writes it.") from error


def _deployed(stack: str, token: Token | None, region: str | None) -> Place:
    session = Session()
    region = region or _region(session)
    if region is None:
        raise NoStackError(f"Which AWS region is {stack} in? Say region=..., or set AWS_REGION.")
    return _proven(_api_url(session, stack, region), token, session, region)


def _at(url: str, token: Token | None, region: str | None) -> Place:
    host = _host(url)
    if token is None and region is None and _is_here(host):
        return Place(url, is_here=True)
    session = Session()
    of_url = AT_API_GATEWAY.search(host)
    region = region or (of_url[1] if of_url else _region(session))
    return _proven(url, token, session, region)


def _host(url: str) -> str:
    try:
        parts, _ = urlsplit(url), httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL) as error:
        raise NoStackError(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NoStackError(f"{url!r} is no URL.")
    return parts.hostname


def _proven(url: str, token: Token | None, session: Any, region: str | None) -> Place:  # noqa: ANN401 - botocore's
    is_here = _is_here(_host(url))
    if token is not None:
        return Place(url, BearerToken(token), "a bearer token was sent", is_here=is_here)
    try:
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise NoStackError(f"There are no AWS credentials to sign with: {error}") from error
    if credentials is None or region is None:
        missing = "AWS credentials" if credentials is None else "AWS region"
        raise NoStackError(
            f"There is no {missing} to sign with. Set AWS_PROFILE, or keys and AWS_REGION; or say token=..."
        )
    proof = f"it was signed with AWS credentials for execute-api in {region}"
    return Place(url, AwsSignature(credentials, region), proof, is_here=is_here)


def _api_url(session: Any, stack: str, region: str) -> str:  # noqa: ANN401 - botocore's
    """Read the output of a deployed stack.

    Raises:
        NoStackError: It cannot be read, or there is none.
    """
    config = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard"})
    try:
        cloudformation = session.create_client("cloudformation", region_name=region, config=config)
        found = Deployed.read(cloudformation, stack)
    except (BotoCoreError, ClientError) as error:
        raise NoStackError(f"The stack {stack} is not found in {region}: {error}") from error
    if words := found.lacks(OUTPUT):
        raise NoStackError(words)
    return found.outputs[OUTPUT]


def _region(session: Any) -> str | None:  # noqa: ANN401 - botocore's
    # botocore does not know AWS_REGION, which comes first for `aws` and for `make deploy`.
    return os.environ.get("AWS_REGION") or session.get_config_variable("region") or None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
