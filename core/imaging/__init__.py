"""Decode, store and encode images and drawings.

Law: paths and arrays in, frozen dataclasses out; no database, no web.
"""
