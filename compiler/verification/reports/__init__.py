"""What a runner reports, as outcomes of single tests: an open set, one file a format.

A member has a NAME for people and `read(data)`. The smallest one is `exit.py`.
"""
