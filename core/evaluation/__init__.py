"""Numbers with intervals. Law: the patient is the unit; what cannot be computed is undefined, in a sentence, no NaN."""
