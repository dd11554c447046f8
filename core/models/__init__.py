"""Networks, in one explicit table. Law: modelling knows nothing of training or prediction."""
