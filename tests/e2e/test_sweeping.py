"""The sweeper on the real template: a run of which every message is lost."""

from account import Account
from runrelay_client import Client, text

from runrelay.stack import Stack

DELAYED = "ApproximateNumberOfMessagesDelayed"


def test_a_run_whose_messages_are_all_lost_is_swept_and_ends(client: Client, stack: Stack):
    sqs, queue = stack.client("sqs"), {"QueueUrl": stack.run_queue_url}
    client.put_faults(webhooks={"drop": 1})
    run_id = client.start(text("done"))
    client.until(run_id, lambda run: run["status"] == "in_progress")
    client.eventually(
        lambda: sqs.get_queue_attributes(**queue, AttributeNames=[DELAYED])["Attributes"][DELAYED] != "0"
    )

    sqs.purge_queue(**queue)
    client.eventually(lambda: is_ended_by_sweeps(client, run_id))

    run = client.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")


def is_ended_by_sweeps(client: Client, run_id: str) -> bool:
    sweeper = Account(client.stack.aws_endpoint_url, client.stack.stack_name).physical_name("SweeperFunction")
    answer = client.stack.client("lambda").invoke(FunctionName=sweeper)
    assert "FunctionError" not in answer, answer["Payload"].read()
    return client.run(run_id)["status"] == "completed"
