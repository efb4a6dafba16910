"""Experiments: a function of a few knobs whose result is drawn, or a recipe whose run is streamed."""
