"""Name the endings of files that are tables, or texts that may be one."""

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")
