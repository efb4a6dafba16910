"""Recurrent networks and connectionist temporal classification."""
