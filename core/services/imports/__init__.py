"""Import files and tables: what to import, the files, the rows, the report."""
