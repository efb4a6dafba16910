"""The file layouts that GPTs are published in."""
