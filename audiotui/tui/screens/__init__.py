"""One file for each mode."""
