"""Attention, positions, the Transformer layer, and the objectives of BERT and GPT."""
