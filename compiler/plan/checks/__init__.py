"""Proofs about a specification, before anything runs. An open set: one file a subject."""
