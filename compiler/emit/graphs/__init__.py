"""The plan as data and as a drawing. An open set: one file a format."""
