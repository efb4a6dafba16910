"""The studio: the web page where runs are started and watched, and a REST API beside it. It imports no torch."""
