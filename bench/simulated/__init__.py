"""A stack in simulated time: the real functions, the real simulator, and how long each would take."""
