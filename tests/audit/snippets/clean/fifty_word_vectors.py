import random

import numpy as np


class SkipGram:
    """Word vectors with negative sampling, in NumPy."""

    def __init__(self, words, dim=50, seed=0):
        self.random = np.random.default_rng(seed)
        self.inside = self.random.normal(0, 0.1, (words, dim))
        self.outside = np.zeros((words, dim))

    def step(self, centre, context, negatives, rate=0.05):
        labels = np.zeros(1 + len(negatives))
        labels[0] = 1.0
        ids = np.concatenate([[context], negatives])
        v = self.inside[centre]
        predicted = 1 / (1 + np.exp(-self.outside[ids] @ v))
        error = predicted - labels
        self.inside[centre] -= rate * error @ self.outside[ids]
        self.outside[ids] -= rate * np.outer(error, v)
        return -np.log(np.where(labels == 1, predicted, 1 - predicted)).sum()


random.seed(0)
sentence = random.choices(range(20), k=1000)
model = SkipGram(20)
for i in range(1, len(sentence)):
    model.step(sentence[i], sentence[i - 1], model.random.integers(0, 20, 5))
