"""Which tests a change needs, why each of them, and when the whole scope has to run instead.

Pure functions over a tree of files, a change and a context map. `change` and `tree` are what they
get; `outline` reads Python, `differences` and `flow` say where two versions part, `tests` finds
test functions. `contextmap` says which tests execute which lines, `once` what one test built for
all, and `executed` answers in lines of the base. `python` puts these together, with `users` for
what runs at import, `imports` where there is no map, `fixtures` for a conftest and
`configuration` for settings; `ranking` finds the likeliest, and `choose` decides for a whole
change. `maps` and `of_scope` bring them to a repository and a scope.
"""
