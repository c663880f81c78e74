"""Our marks in the metadata of a resource at the provider: the run, and its turn, that it was begun for."""

RUN_MARK = "runrelay_run_id"
TURN_MARK = "runrelay_turn"
MARKS = (RUN_MARK, TURN_MARK)
"""Two of the pairs that OpenAI takes; all other names are the caller's."""
