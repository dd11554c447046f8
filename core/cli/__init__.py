"""The command line: what `rounds` does without a screen, by the same services as the pages."""
