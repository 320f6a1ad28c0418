"""The record: entries, history, and what can be asked of them."""
