"""The command line: every command is a client of the HTTP API."""
