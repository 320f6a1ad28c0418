"""Running the line: is this entry still true, the work tree, one stage, and doit around it all."""
