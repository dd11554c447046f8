"""Serve pages, pixels, maps, comments and drawings over HTTP; every route is signed and guarded."""
