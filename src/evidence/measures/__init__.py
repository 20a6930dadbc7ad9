"""Effect sizes: what one report prints, to an effect and its variance. Arrays in, arrays out."""
