"""How long things take that no clock of this machine can tell: assumptions, shown with each table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Latencies:
    """Seconds.

    Attributes:
        openai: Until OpenAI answers a request.
        aws: Until AWS answers one.
        handler: What a handler computes, beside waiting for answers.
        webhook: The least and the most until OpenAI sends a webhook.
        queue: Until Lambda hands a visible message to a function.
        tool: What a tool takes, beside its function's own requests.
        sweeper: For one request of the sweeper's, with what it computes at 512 MB; it has its time limit.
    """

    openai: float = 0.2
    aws: float = 0.005
    handler: float = 0.01
    webhook: tuple[float, float] = (0.05, 0.5)
    queue: float = 0.02
    tool: float = 0.3
    sweeper: float = 0.01

    def __str__(self) -> str:
        least, most = self.webhook
        return (
            f"assumed: OpenAI answers in {self.openai} s, and sends webhooks {least} to {most} s "
            f"after the end; "
            f"AWS answers in {self.aws * 1000:g} ms, SQS hands over in {self.queue * 1000:g} ms, "
            f"a handler computes for {self.handler * 1000:g} ms, a tool takes {self.tool} s"
        )
