"""The repository's own history as exercises that judge agents, prompts and lines.

A *task* is a change that was merged: its base, its goal without the answer, and the tests that
fail before it and pass after it. `find.py` writes a line that finds out by running them, each
change on its own base; `tasks.py` reads from that line's ledger which changes are tasks, and why
the others are none; `goals.py` takes out of a message what would give the answer away.
"""
