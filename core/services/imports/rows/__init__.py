"""Write the rows of an import: images, metadata, labels, persons."""
