"""Pure functions over tables of (image, patient, label). Law: a patient never stands in two splits."""
