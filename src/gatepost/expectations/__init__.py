"""What is acceptable, as immutable values that judge a measurement; one file for each kind.

Pure: nothing in this package does I/O, reads a clock or knows pytest.
"""
