"""A lesson's text: read into one tree, and written from it for a page, a terminal and a notebook."""
