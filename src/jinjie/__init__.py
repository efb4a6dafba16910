"""Jinjie 进阶: learn large models by building them.

Shapes in docstrings use one legend: B batch, T time (tokens), C channels, H heads, D head size,
V vocabulary, N examples.
"""

__version__ = "0.1.0"
