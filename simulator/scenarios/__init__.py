"""What the model does: turns written down in advance, or made up from the tools it is offered."""
