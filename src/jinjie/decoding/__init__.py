"""From a model's scores to text: choosing tokens, and writing one after another."""
