"""What a command prints: results, tables, progress."""
