"""The web UI: pages made from plain values. Knows nothing of the server that sends them."""
