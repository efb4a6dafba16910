"""The file layouts that BERTs are published in."""
