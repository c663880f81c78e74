"""Changed code on a stack that runs, by deploying again."""

import json
import shutil
from pathlib import Path

from runrelay_client import Client, calls, text

from runrelay.stack import Stack
from tasks import artifact
from tasks.local_stack import LocalStack

TOOL = "functions/tools/catalog/get_order.py"


def test_changed_code_is_live_at_the_same_addresses_and_costs_no_run(
    client: Client, stack: Stack, tmp_path: Path
):
    local_stack = LocalStack(tmp_path / "stack", parameters=stack.parameters)
    turns = (calls(("get_order", {"order_id": "A-1"}), seconds=8), text("ok"))
    begun_before = client.start(*turns, tools=["get_order"])

    try:
        outputs = local_stack.deploy(with_changed_tool(tmp_path), stack.aws_endpoint_url, stack.simulator_url)
        begun_after = client.start(*turns, tools=["get_order"])
        runs = [client.ended(run_id) for run_id in (begun_before, begun_after)]
    finally:
        local_stack.update(stack)

    assert outputs["HttpApiId"] == stack.http_api_id
    assert [run["status"] for run in runs] == ["completed", "completed"]
    assert [client.outputs_sent(run["run_id"]) for run in runs] == [["as changed"], ["as changed"]]


def with_changed_tool(directory: Path) -> Path:
    """Give a template whose tool function has another tool, and all else as it is."""
    folder = shutil.copytree(artifact.ARTIFACT / "ToolFunction", directory / "ToolFunction")
    tool = folder / TOOL
    tool.write_text(tool.read_text().replace("return order", 'return "as changed"'))
    artifact.compile_own(folder)
    template = json.loads((artifact.PACKED / "template.yaml").read_text())
    function = template["Resources"]["ToolFunction"]["Properties"]
    function["CodeUri"] = shutil.make_archive(str(directory / "tools"), "zip", folder)
    path = directory / "template.yaml"
    path.write_text(json.dumps(template))
    return path
