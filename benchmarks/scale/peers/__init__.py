"""Programs that do the same work, one file each."""
