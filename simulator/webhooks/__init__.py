"""Webhooks: the endpoints API, `/v1/webhook_endpoints`, the events, signing, and delivery.

Not here: what brings an event about, which each API says itself.
"""
