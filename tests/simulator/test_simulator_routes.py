"""Every method of the SDK's resources that a run can touch, against what the simulator serves."""

import inspect
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openai import OpenAI, OpenAIError
from openai._resource import SyncAPIResource
from starlette.routing import Match, Mount, Route

from simulator.app import create_app

IN_SCOPE = (
    "responses", "conversations", "models", "webhooks", "beta.agents", "beta.assistants", "beta.threads",
    "beta.responses",
)  # fmt: skip
# Arguments of methods that refuse what the others take for an id.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "beta.agents.environments.files.create": {"data": "", "path": "/workspace/a", "type": "inline"},
    "beta.agents.automations.create": {
        "expression": "0 9 * * *", "name": "n", "target": {}, "timezone": "UTC", "type": "periodic",
    },
    "responses.stream": {"input": "x", "model": "m"},
    "beta.threads.create_and_run_stream": {},
}  # fmt: skip
MADE_UP = "some_"
LEFT_OUT = {
    "responses.connect": "a websocket: a run has none",
    "beta.responses.connect": "a websocket: a run has none",
    "models.delete": "deletes a fine-tuned model, of which the simulator has none",
    "beta.agents.automations": "start sessions by the clock; a run is started by a request",
    "beta.agents.vaults": "keep credentials for MCP servers, which the simulator's sessions do not reach",
    "beta.agents.environments.files.prepare": "uploads to the Files API, which is no part of the simulator",
    "beta.agents.environments.files.upload": "uploads to the Files API, which is no part of the simulator",
}
"""By a method, or by a resource with all that is below it."""
ASKING_NOTHING = {
    "webhooks.unwrap": "reads a webhook",
    "webhooks.verify_signature": "reads a webhook",
    "beta.agents.sessions.artifacts.for_result": "asks by way of list and content",
    "beta.agents.environments.files.prepare_directory": "asks by way of prepare",
}
"""Methods of the SDK that send no request of their own."""


def methods(resource: SyncAPIResource, path: str) -> Iterator[tuple[str, Any]]:
    """Give every public method of a resource and of those below it, by its path in the client."""
    for name in dir(type(resource)):
        if name.startswith(("_", "with_")):
            continue
        attribute = getattr(resource, name)
        if isinstance(attribute, SyncAPIResource):
            yield from methods(attribute, f"{path}.{name}")
        elif inspect.ismethod(attribute):
            yield f"{path}.{name}", attribute


def resources(client: OpenAI) -> Iterator[tuple[str, Any]]:
    for path in IN_SCOPE:
        resource: Any = client
        for name in path.split("."):
            resource = getattr(resource, name)
        yield from methods(resource, path)


def arguments(path: str, method: Any) -> dict[str, Any]:
    parameters = inspect.signature(method).parameters.values()
    needed = [each for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    return {each.name: f"{MADE_UP}{each.name}" for each in needed} | ARGUMENTS.get(path, {})


class Wire:
    """A transport that notes what is asked and answers nothing that would be believed."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.method, request.url.path))
        return httpx2.Response(418, json={})


def requests() -> dict[str, list[tuple[str, str]]]:
    """Call every method of the SDK, and note what each asks."""
    wire, found = Wire(), {}
    with OpenAI(
        base_url="http://openai.test/v1",
        api_key="any",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(wire)),
    ) as client:
        for path, method in resources(client):
            wire.asked.clear()
            try:
                called = method(**arguments(path, method))
                if hasattr(called, "__enter__"):
                    called.__enter__()
            except (OpenAIError, TypeError, ValueError, AttributeError):
                pass  # what was asked before is what matters
            found[path] = list(wire.asked)
    return found


@pytest.fixture(scope="module")
def served() -> list[Route]:
    """All routes under `/v1`."""
    mount = next(route for route in create_app().routes if isinstance(route, Mount) and route.path == "/v1")
    return mount.app._app.routes


def is_for(route: Route, method: str, path: str) -> bool:
    """Tell whether a route is for a request: only what the caller has made up fills its gaps."""
    scope = {"type": "http", "method": method, "path": path.removeprefix("/v1"), "root_path": ""}
    match, found = route.matches(scope)
    return match is Match.FULL and all(value.startswith(MADE_UP) for value in found["path_params"].values())


def is_served(served: list[Route], wanted: list[tuple[str, str]]) -> bool:
    return all(any(is_for(route, *each) for route in served) for each in wanted)


def is_left_out(path: str) -> bool:
    return any(path == named or path.startswith(f"{named}.") for named in LEFT_OUT)


@pytest.fixture(scope="module")
def asked() -> dict[str, list[tuple[str, str]]]:
    with pytest.warns(DeprecationWarning, match="deprecated"):
        return requests()


def test_every_method_of_the_sdk_asks_for_what_is_served_or_is_left_out_for_a_reason(asked, served):
    unserved = [
        path for path, wanted in asked.items() if not is_left_out(path) and not is_served(served, wanted)
    ]

    assert unserved == []


def test_no_method_of_the_sdk_is_taken_for_served_that_could_not_be_called(asked):
    silent = {path for path, wanted in asked.items() if not wanted and not is_left_out(path)}

    assert silent == set(ASKING_NOTHING) - {path for path in ASKING_NOTHING if is_left_out(path)}


def test_nothing_is_left_out_that_is_served_or_not_there(asked, served):
    for named in LEFT_OUT:
        below = [wanted for path, wanted in asked.items() if path == named or path.startswith(f"{named}.")]
        assert below, named
        assert not any(wanted and is_served(served, wanted) for wanted in below), named


def test_every_route_is_one_that_the_sdk_asks_for(asked, served):
    wanted = [each for many in asked.values() for each in many]

    unasked = [route.path for route in served if not any(is_for(route, *each) for each in wanted)]

    assert unasked == []
