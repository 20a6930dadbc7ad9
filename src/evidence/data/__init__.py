"""The curated tables: read strictly, described, validated, corrected, loaded."""
