"""Changed code on a stack that runs, by deploying again."""

import json
import shutil
from pathlib import Path

from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks import artifact, package
from tasks.local_stack import LocalStack

TOOL = "functions/tools/catalog/get_order.py"
SLOW_TOOL = '''
import time

from functions.tools.tool import tool


@tool(effect="pure", timeout=60)
def get_order(order_id: str) -> str:
    """Look up an order.

    Args:
        order_id: The order's id, such as A-1042.
    """
    time.sleep(8)
    return "as changed"
'''
"""Takes as long as a deployment needs to come to the functions."""


def test_changed_code_is_live_at_the_same_addresses_and_costs_no_run(
    client: Client, stack: Stack, tmp_path: Path
):
    local_stack = LocalStack(tmp_path / "stack", parameters=stack.parameters)
    asks = calls(("get_order", {"order_id": "A-1"}))
    at_work = client.start(
        calls(("get_order", {"order_id": "A-1"}), seconds=3), text("ok"), tools=["get_order"]
    )

    try:
        outputs = local_stack.deploy(with_slow_tool(tmp_path), stack.aws_endpoint_url, stack.simulator_url)
        changed = client.start(asks, text("ok"), tools=["get_order"])
        client.waiting(changed, "running")
    finally:
        local_stack.update(stack)
    changed_back = client.start(asks, text("ok"), tools=["get_order"])

    runs = [client.ended(run_id) for run_id in (at_work, changed, changed_back)]
    assert outputs["HttpApiId"] == stack.http_api_id
    assert [run["status"] for run in runs] == ["completed", "completed", "completed"]
    assert client.outputs_sent(changed) == ["as changed"]
    (order,) = client.outputs_sent(changed_back)
    assert json.loads(order)["order_id"] == "A-1"


def with_slow_tool(directory: Path) -> Path:
    """Give a template whose tool function has another tool, and all else as it is."""
    folder = shutil.copytree(artifact.ARTIFACT / "ToolFunction", directory / "ToolFunction")
    (folder / TOOL).write_text(SLOW_TOOL)
    artifact.compile_own(folder)
    template = json.loads(package.packed(artifact.ARTIFACT / "template.yaml").read_text())
    function = template["Resources"]["ToolFunction"]["Properties"]
    function["CodeUri"] = shutil.make_archive(str(directory / "tools"), "zip", folder)
    path = directory / "template.yaml"
    path.write_text(json.dumps(template))
    return path
