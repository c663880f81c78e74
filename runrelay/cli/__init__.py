"""The `runrelay` command: one module for each group of commands."""
