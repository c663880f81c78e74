"""Where agents run, `/v1/agents/environments`: environments, the files in them, templates.

Not here: anything that runs in one. What a session's agent does is its scenario.
"""
