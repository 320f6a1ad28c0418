"""Jinja templates of briefs and documents."""
