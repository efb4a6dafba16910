"""Training: what a recipe is, how a run is launched, lived through, watched, stopped and resumed."""
