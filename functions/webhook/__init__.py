"""WebhookFunction: verifies a webhook and queues it. It looks at no run."""
