"""Measurements: each prints its figures with how they were got."""
