"""The work stations. An open set: one file a kind; `command.py` is the smallest."""
