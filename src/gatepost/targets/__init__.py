"""The live things that checks measure, one file for each kind; all I/O of checks is here.

A kind is a module of this package with two names: `Settings`, a pydantic model
of its table in `gatepost.toml`, and `open_target(name, settings, context)`,
which returns the target without connecting. To add a kind is to add a file.
"""
