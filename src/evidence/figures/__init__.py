"""The figures of the review: a result in, a drawn and described figure out."""
