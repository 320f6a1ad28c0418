"""doit drives the line: which tasks it is given, what running one does, what a run prints."""
