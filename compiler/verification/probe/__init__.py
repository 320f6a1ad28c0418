"""A folder of its own: it is put on the path of the project's tests, with nothing else in it."""
