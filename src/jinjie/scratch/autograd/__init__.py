"""Automatic differentiation over arrays, and networks trained with it alone."""
