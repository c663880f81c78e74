"""What the model does: turns written down in advance, or made up from the tools it is offered.

Not here: what goes wrong on the way (`faults`), nor the shape that an API gives to a turn.
"""
