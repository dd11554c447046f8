"""Verbs of the workbench.

Law: the first argument is `db`, one transaction each, what comes back is frozen; no torch at import.
"""
