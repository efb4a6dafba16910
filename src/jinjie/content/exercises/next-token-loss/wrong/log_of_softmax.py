"""The logarithm of a softmax of the scores as they are."""

import numpy as np


def next_token_loss(logits: np.ndarray, tokens: np.ndarray, lengths: np.ndarray) -> float:
    said, targets = logits[:, :-1], tokens[:, 1:]
    with np.errstate(all="ignore"):
        p = np.exp(said) / np.exp(said).sum(axis=-1, keepdims=True)
        log_p = np.log(p)
    surprise = -np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]
    counts = np.arange(1, tokens.shape[1]) < lengths[:, None]
    return surprise[counts].mean()
