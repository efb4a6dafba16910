"""The models. One folder a family: `config.py` is its shape on paper (no torch), `network.py` the torch module."""
