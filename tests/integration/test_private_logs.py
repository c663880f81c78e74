"""What clients, models and tools say is nobody's business in the logs."""

import pytest

from tests.harness.scenario import calling, saying
from tests.harness.site import API_KEY
from tests.harness.wire import Answer, Request, at_first
from tests.harness.world import World

ASKED, ARGUED, SAID, TAGGED = "tulips-for-anna", "A-secret-order", "she-will-like-them", "account-4711"
BROKEN = Answer(500, {"error": {"message": f"cannot serve {ASKED}"}})


def is_to_openai(request: Request) -> bool:
    return request.service == "openai"


@pytest.mark.parametrize("kind", ["response", "session", "thread"])
def test_nothing_private_is_logged_by_any_function(world: World, kind):
    world.wire.interceptor = at_first(is_to_openai, lambda: BROKEN)

    run_id = world.start(
        calling(("get_order", {"order_id": ARGUED})),
        saying(SAID),
        kind=kind,
        tools=["get_order"],
        metadata={"account": TAGGED},
        request=request_of(world, kind),
    )
    world.run_to_end(run_id)
    world.settle()

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", SAID)
    logged = "".join(world.output(name) for name in ("api", "webhook", "worker", "tools"))
    assert "run advanced" in logged
    assert [word for word in (ASKED, ARGUED, SAID, TAGGED, API_KEY) if word in logged] == []


def request_of(world: World, kind: str) -> dict[str, object]:
    match kind:
        case "session":
            return {"agent": {"model": "gpt-6-astra", "instructions": ASKED}, "input": ASKED}
        case "thread":
            assistant = world.ask_openai("/assistants", {"model": "gpt-6-astra"})
            thread = {"messages": [{"role": "user", "content": ASKED}]}
            return {"assistant_id": assistant["id"], "thread": thread}
        case _:
            return {"model": "gpt-6-astra", "input": ASKED}
