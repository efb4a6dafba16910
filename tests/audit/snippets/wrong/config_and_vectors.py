import sys

import numpy as np
import yaml


def load_settings(path):
    with open(path) as file:
        return yaml.load(file, Loader=yaml.Loader)


def load_vectors(path):
    return np.load(path, allow_pickle=True)


settings = load_settings(sys.argv[1])
vectors = load_vectors(settings["vectors"])
rate = eval(input("learning rate? "))
print(vectors.shape, rate)
