"""The show of `make demo`: its stories, what is seen of them, and what polling would have cost."""
