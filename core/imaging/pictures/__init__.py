"""Decode the pages of picture files (PNG, JPEG, TIFF …) at their full depth, for the importer of pictures."""
