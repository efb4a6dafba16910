"""One folder a family: `config.py` is its shape on paper (no torch), `network.py` its torch module."""
