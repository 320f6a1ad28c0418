"""Whether a verdict's scope is enough: what failed before, which changed lines ran, which mutants
of them were caught, and what happened to the tests themselves.
"""
