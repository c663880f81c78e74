"""The logs of all functions, searched by one id."""
