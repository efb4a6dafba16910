"""Linear models, losses, descent, metrics, and tables made ready for them."""
