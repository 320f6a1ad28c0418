"""The subcommands of `factory`. An open set: one file each."""
