"""Training over several processes, on arrays, with every transfer counted."""
