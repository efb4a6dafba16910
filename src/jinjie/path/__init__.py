"""Where a learner stands, what comes next, and how it leads to the work they want (docs/decisions/0011-the-path.md)."""
