"""What to do next with a run: pure. No clock, no network, no environment; nothing here does anything."""
