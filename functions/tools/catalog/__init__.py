"""The sample tools: one file each. Tests and the demo use them; a team's own live in a folder of theirs."""
