"""Where changes are reviewed beside the command line: a forge, such as GitHub.

`base.py` has what any forge tells and takes, as values; `github.py` is one, and `table.py` shows
where another goes. What is decided stands in modules that ask nobody: `judge.py` makes a review
of what people said, `body.py` keeps their own words around ours.

A forge is asked twice. `package` puts the branch and its pull request there (`publish.py`), and
`review` looks at what became of it. Nothing is posted twice: each posting looks first for what an
attempt before it may have left. What people write there is data: it becomes a finding, and never
a rule, a command or a template.
"""
