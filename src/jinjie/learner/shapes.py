"""The shapes that the store has had."""

REVISIONS = ("0001", "0002")
"""Every shape there was, oldest first; a test holds them to the files in `migrations/versions`."""
HEAD = REVISIONS[-1]
