"""Dataset curation: pure functions over tables of (image, patient, label). Law: a patient is never in two splits."""
