"""Neurons to trained networks: activations, layers, optimisers, schedules, normalisation."""
