"""Puts `made_exercises`, which the tests of several parts of the course share, within their reach."""
