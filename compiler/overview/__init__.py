"""Artifacts side by side, for people and programs. An open set: one file a format."""
