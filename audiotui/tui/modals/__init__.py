"""Questions and sheets over a mode; each is a screen that ends with an answer of one type."""
