"""Which lines a run executed, as its coverage tool wrote it: an open set, one file a format.

A member has a NAME for people, the endings of what it measures, and `read(path, place)`.
"""
