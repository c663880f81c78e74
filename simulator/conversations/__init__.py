"""The Conversations API, `/v1/conversations`, and the items that a request brings along."""
