"""Bytes to arrays and back. Law: paths and arrays in, frozen dataclasses out; no database, no web."""
