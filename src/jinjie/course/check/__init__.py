"""`jinjie content check`: every rule of the course, one file a family of codes."""
