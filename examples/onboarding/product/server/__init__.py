"""The chat server: a JSON API and the web UI, on the loopback interface only."""

__version__ = "0.3.0"
