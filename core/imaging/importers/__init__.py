"""One module per file format. Law: a reader yields what it found or raises RefusedFile with one sentence; readers do not lean on each other."""
