"""Do the methods give the numbers they should? Other programs, published reviews, simulated truth."""
