"""A small benchmark of our own in English and Chinese: which continuation of a text is likelier."""
