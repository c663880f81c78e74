"""What a user of Runrelay installs and types.

Here: what is run against a stack, deployed or local. Not here: what runs on AWS (`functions`, `layers`), and
what is for work on this repository alone (`tasks`, `bench`, `tests`).
"""
