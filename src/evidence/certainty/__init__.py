"""How sure: risk of bias, results that nobody can read, and GRADE ratings by stated rules."""
