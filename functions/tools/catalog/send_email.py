"""A tool whose side effect cannot be taken back or recognised: `once`, the default."""

from functions.tools.sample_shop import shop
from functions.tools.tool import ToolContext, tool


@tool(effect="once", timeout=30)
def send_email(to: str, subject: str, body: str, *, context: ToolContext) -> dict[str, str]:
    """Send an e-mail to a customer.

    Args:
        to: The customer's address.
        subject: The subject line.
        body: The text.
    """
    with shop() as client:
        answer = client.post(
            "/shop/emails",
            json={
                "to": to,
                "subject": subject,
                "body": body,
                "run_id": context.run_id,
                "call_id": context.call_id,
            },
        )
    return {"email_id": answer.raise_for_status().json()["id"]}
