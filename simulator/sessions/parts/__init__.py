"""What a session leaves beside its turns and items: subagents, artifacts, traces."""
