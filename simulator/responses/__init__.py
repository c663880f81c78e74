"""The Responses API, `/v1/responses`. Its input items and conversations are in `conversations`."""
