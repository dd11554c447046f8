"""Read tables of text and workbooks."""
