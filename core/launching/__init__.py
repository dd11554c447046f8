"""How a job's process is started. Law: a job is an argv; the catalogue owns its truth, an engine carries only an attempt."""
