"""One module a group of commands; `cli.main` imports the one that is asked for and takes its `command`."""
