"""What a hand-off must fulfil before it counts. An open set: one file a check."""
