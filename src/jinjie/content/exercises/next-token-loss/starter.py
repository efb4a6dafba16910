import numpy as np


def next_token_loss(logits: np.ndarray, tokens: np.ndarray, lengths: np.ndarray) -> float:
    """The mean surprise, in nats, at each next token of a batch of texts.

    logits  (B, T, V)  place t of a text: the scores of all V tokens for what comes after token t
    tokens  (B, T)     the texts, each filled up with zeros to the length T
    lengths (B,)       how many tokens of each text are really there; token 0 also occurs within texts

    Returns one number: the mean over all targets of the whole batch.
    """
    raise NotImplementedError
