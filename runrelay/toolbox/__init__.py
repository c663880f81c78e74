"""A folder of tools on this machine: begun, listed, checked, and called. It needs the extra `tools`."""
