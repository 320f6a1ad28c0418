"""What factory.yaml says: a located tree, checked against the schema, read into plain records."""
