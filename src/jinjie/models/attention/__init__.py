"""What attention layers share: the weighted mean itself, rotary positions, and the key-value cache.

The projections are each model's own business. This file imports no torch, so that looking for
model kinds stays quick.
"""
