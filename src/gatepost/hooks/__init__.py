"""The hooks of an active run, by stage: collecting, running, concluding.

With `plugin`, the only modules that know pytest's hooks. What is decided is
decided elsewhere; here it is translated.
"""
