"""Finished models over HTTP, and the guard that stands before every server of Jinjie's."""
