"""What a session leaves beside its turns and items: subagents, artifacts, traces.

Not here: what a scenario has a session leave, which is read in `scenarios`.
"""
