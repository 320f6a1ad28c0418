"""What `factory check` found, for people and for machines. An open set: one file a format."""
