"""The command line: one file a command group, each command a few lines over the floors below."""
