"""Find what identifies a person where no header says it: columns of tables, names of files and folders."""
