"""A network of authorities on one machine: a folder with a home for each, and a process for each."""
