"""The budgets, counted at the wire, and the comparisons. The tests hold them (`tests/budgets`)."""
