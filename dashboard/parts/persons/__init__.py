"""Who is the same person: questions, joins, and the way to them."""
