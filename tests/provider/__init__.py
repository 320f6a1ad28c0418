"""A scripted model provider on loopback: what real agent programs talk to in tests.

It speaks the APIs of the table, streamed or not, says what a script tells it, fails as told, and
keeps books on every request and token. `python -m tests.provider` starts one by hand.
"""
