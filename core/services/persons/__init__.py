"""Who is the same person: traits of patients, joins, readers' decisions, and what is to be asked."""
