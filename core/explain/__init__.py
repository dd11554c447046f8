"""Where a model looked. Law: a map is a float array in [0, 1] over the model's input, and says how it was made."""
