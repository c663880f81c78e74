"""Webhooks: the endpoints API, `/v1/webhook_endpoints`, the events, signing, and delivery."""
