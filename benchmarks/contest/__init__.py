"""How benchmarks are run: contenders in processes and environments of their own, taking turns."""
