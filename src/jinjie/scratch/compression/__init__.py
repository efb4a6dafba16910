"""Quantisation, pruning, distillation and low-rank adaptation."""
