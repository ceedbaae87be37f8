"""`gatepost health`: some of the checks as one line and one exit status, within a time limit.

`command` asks and prints, `supervision` runs the checks in a process that can
be killed, `run` is what happens there, and `asked` and `answer` are what they
agree on.
"""
