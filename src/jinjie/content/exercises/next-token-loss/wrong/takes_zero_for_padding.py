"""Every zero is taken for padding."""

import numpy as np


def next_token_loss(logits: np.ndarray, tokens: np.ndarray, lengths: np.ndarray) -> float:
    said, targets = logits[:, :-1], tokens[:, 1:]
    said = said - said.max(axis=-1, keepdims=True)
    log_p = said - np.log(np.exp(said).sum(axis=-1, keepdims=True))
    surprise = -np.take_along_axis(log_p, targets[..., None], axis=-1)[..., 0]
    counts = targets != 0
    return surprise[counts].mean()
