"""How the source of a language is mutated, at exact positions: an open set, one file a language.

A member has a LANGUAGE with the endings of its files, `mutants(path, source, lines)` and
`holds(mutant, source)`.
"""
