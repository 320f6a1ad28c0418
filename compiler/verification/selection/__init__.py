"""Which tests a change needs, why each of them, and when the whole scope has to run instead.

Pure functions over a tree of files, a change and a context map: `change` and `tree` are what they
get, `outline` reads Python, `tests` finds test functions, `contextmap` says which tests execute
which lines, `python` puts these together, `ranking` finds the likeliest, and `choose` decides for a
whole change. `maps` and `of_scope` bring them to a repository and a scope.
"""
