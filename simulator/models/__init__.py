"""The Models API, `/v1/models`: which there are. A create takes any name, also one that is not here."""
