"""Training is a generator of events. Law: the caller persists, reports and cancels.

Nothing here writes database rows.
"""
