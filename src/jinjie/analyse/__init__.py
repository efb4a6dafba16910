"""What is done with recipes, runs and models: estimate, compare; later explain, compress, protect."""
