"""The command line: parse, call, print. No rules here."""
