"""Proving a change: run the tests of a scope in a clean checkout, and count what ran."""
