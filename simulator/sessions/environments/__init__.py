"""Where agents run, `/v1/agents/environments`: environments, the files in them, templates."""
