"""Parts that several pages share: tables, charts, the viewer, job controls."""
