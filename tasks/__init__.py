"""What `make` runs in this repository: the build, the local stack, the demo, one file for each command.

Not here: what is run against a stack that somebody uses, which is `runrelay`.
"""
