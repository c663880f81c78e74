"""Changed tools on a local stack that runs: seconds, where a deploy takes half a minute.

As on AWS, an instance ends what it has in hand on the code with which it began: changed code becomes a
version of its own, which is started, and only then does the alias name it. What the alias named before goes
once it has nothing in hand.
"""

import base64
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from runrelay import local_aws
from runrelay.command_line import CommandError
from tasks import deployment
from tasks.artifact import LAYER
from tasks.checkout import ROOT
from tasks.deployment import LATEST

ALIAS: Final = "live"

TOLD: Final[dict[str, Any]] = {
    "ToolFunction": {"Records": []},
    "WorkerFunction": {"Records": []},
    "ApiFunction": json.loads((ROOT / "events/api/show-openapi.json").read_text()),
}
"""The functions that know of the tools, in the order in which they change; what starts one and no more."""

AT_LATEST: Final = "ApiFunction"
"""It has reserved concurrency, so that its alias names `$LATEST`: `deployment.point_at_latest`."""

SECONDS_TO_ANSWER: Final = 0.5
"""What the API has in hand takes less."""

SECONDS_TO_BE_SURE: Final = 10
"""What was handed to a version is seen in its queue by then."""


class Renewal:
    """Puts a packed artifact on a local stack, where another runs there."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._functions = local_aws.client("lambda", endpoint_url)
        self._names = {each: deployment.physical_id(each, endpoint_url) for each in TOLD}
        self._left: dict[tuple[str, str], tuple[float, int]] = {}
        """By function and version: since when no alias names it, and the function's timeout."""

    def renew(self, template: Path) -> list[str]:
        """Have the functions that know of the tools run what a packed template names.

        Returns:
            The logical ids of those that ran something else.

        Raises:
            CommandError: One does not start with it; what ran goes on.
        """
        resources = json.loads(template.read_text())["Resources"]
        layer = self._layer(Path(resources[LAYER]["Properties"]["ContentUri"]).read_bytes())
        codes = {each: Path(resources[each]["Properties"]["CodeUri"]).read_bytes() for each in TOLD}
        changed = [each for each in TOLD if self._runs(each) != (_digest(codes[each]), [layer])]
        with ThreadPoolExecutor() as threads:
            start = partial(self._started, layer=layer)
            versions = list(threads.map(start, changed, [codes[each] for each in changed]))
        for logical_id, version in zip(changed, versions, strict=True):
            self._name(self._names[logical_id], version)
        return changed

    def drop_left(self) -> None:
        """Remove the versions that no alias names any more and that have nothing in hand."""
        is_idle = bool(self._left) and deployment.in_hand(self._endpoint_url) == 0
        for (function, version), (since, timeout) in list(self._left.items()):
            if time.monotonic() - since > (SECONDS_TO_BE_SURE if is_idle else timeout):
                with suppress(self._functions.exceptions.ResourceNotFoundException):  # a deploy dropped it
                    self._functions.delete_function(FunctionName=function, Qualifier=version)
                del self._left[function, version]

    def _layer(self, content: bytes) -> str:
        """Give the ARN of a version of the layer that has this content: the newest, or a new one."""
        newest, *_ = self._functions.list_layer_versions(LayerName=LAYER)["LayerVersions"]
        arn: str = newest["LayerVersionArn"]
        if self._functions.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSha256"] != _digest(content):
            made = self._functions.publish_layer_version(LayerName=LAYER, Content={"ZipFile": content})
            arn = made["LayerVersionArn"]
        return arn

    def _runs(self, logical_id: str) -> tuple[str, list[str]]:
        """Say what answers to a function's alias: the digest of its code, and its layers."""
        name = self._names[logical_id]
        runs = self._functions.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
        return runs["CodeSha256"], [each["Arn"] for each in runs["Layers"]]

    def _started(self, logical_id: str, code: bytes, layer: str) -> str:
        """Make a version with this code and layer, and start it; what the alias names goes on meanwhile."""
        name = self._names[logical_id]
        if logical_id == AT_LATEST:
            self._set_aside(name)
        if self._functions.get_function_configuration(FunctionName=name)["CodeSha256"] != _digest(code):
            self._functions.update_function_code(FunctionName=name, ZipFile=code)
        self._functions.update_function_configuration(FunctionName=name, Layers=[layer])
        version = LATEST if logical_id == AT_LATEST else self._published(name)
        payload = json.dumps(TOLD[logical_id])
        said = self._functions.invoke(FunctionName=name, Qualifier=version, Payload=payload)
        if said.get("FunctionError"):
            raise CommandError(f"{logical_id} does not start: {said['Payload'].read().decode()}")
        return version

    def _set_aside(self, name: str) -> None:
        """Have a version of what `$LATEST` is answer, so that `$LATEST` can change."""
        if self._functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"] == LATEST:
            self._name(name, self._published(name))
            time.sleep(SECONDS_TO_ANSWER)

    def _published(self, name: str) -> str:
        version: str = self._functions.publish_version(FunctionName=name)["Version"]
        return version

    def _name(self, name: str, version: str) -> None:
        """Have the alias name a version."""
        before = self._functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        self._functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
        if before not in {version, LATEST}:
            timeout = self._functions.get_function_configuration(FunctionName=name)["Timeout"]
            self._left[name, before] = time.monotonic(), timeout


def _digest(content: bytes) -> str:
    """Digest a zip as Lambda does."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
