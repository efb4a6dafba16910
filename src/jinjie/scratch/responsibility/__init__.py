"""Attribution, and training with differential privacy."""
