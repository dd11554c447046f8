"""Training is a generator of events. Law: who iterates keeps, beats and stops; nothing here writes rows."""
