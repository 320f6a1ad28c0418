"""The one door to the outside: programs, git, files."""
