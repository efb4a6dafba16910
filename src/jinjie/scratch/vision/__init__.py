"""Convolution, pooling, detection and augmentation of pictures."""
