"""Unpack ZIP and tar archives."""
