"""A team's own tools: a folder of theirs, here or elsewhere, that the build puts into ToolFunction.

Here: what is in such a folder, what may be wrong with it, and the artifact that is made of it and of the one
that `tasks.artifact` builds.
"""
