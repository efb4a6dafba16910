"""Embeddings that belong together, drawn together: cosine similarity and the contrastive loss of CLIP.

The n-th image and the n-th text of a batch are a pair; every other text is a wrong one for that image, and the other
way round. N pairs, C channels of the shared space.
"""

import numpy as np

from jinjie.scratch import Array


def cosine_similarity(a: Array, b: Array) -> Array:
    """The cosine of the angle between two vectors: 1 same direction, 0 at right angles. (..., C) and (..., C) → (...).

    Formula `cosine-similarity`: cos(a, b) = a · b / (‖a‖ ‖b‖)

    >>> float(cosine_similarity(np.array([3.0, 4.0]), np.array([4.0, 3.0])))
    0.96
    """
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"expected vectors of one length, came {a.shape[-1]} and {b.shape[-1]}")
    return np.asarray((normalize(a) * normalize(b)).sum(axis=-1))


def normalize(x: Array) -> Array:
    """Each vector at length 1: only its direction is left. (..., C) → (..., C).

    >>> normalize(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    if np.any(length == 0):
        raise ValueError("expected vectors with a direction, came one of zeros")
    return np.asarray(x / length)


def normalize_backward(upstream: Array, x: Array) -> Array:
    """The part of the gradient along x is lost: lengthening x changes nothing. (..., C) → (..., C).

    Formula `normalize-backward`: ∂L/∂x = (g − (g · x̂) x̂) / ‖x‖,  x̂ = x / ‖x‖

    >>> normalize_backward(np.array([1.0, 0.0]), x=np.array([3.0, 4.0])).round(4)
    array([ 0.128, -0.096])
    """
    direction = normalize(x)
    along = (upstream * direction).sum(axis=-1, keepdims=True)
    return np.asarray((upstream - along * direction) / np.linalg.norm(x, axis=-1, keepdims=True))


def info_nce(similarities: Array, tau: float = 0.07) -> float:
    """Cross-entropy of picking the right text for each image among the batch's (van den Oord et al. 2018, equation 4).

    similarities (N, N): row n for image n; the right text stands on the diagonal.

    Formula `info-nce`: L = −1/N · Σ_n log( exp(s_nn / τ) / Σ_m exp(s_nm / τ) )

    >>> similarities = np.array([[0.9, 0.1], [0.3, 0.7]])
    >>> round(info_nce(similarities, tau=0.5), 4)
    0.2775
    """
    if similarities.ndim != 2 or similarities.shape[0] != similarities.shape[1]:
        raise ValueError(f"expected a square of similarities (N, N), came {similarities.shape}")
    if tau <= 0:
        raise ValueError(f"expected a temperature above 0, came {tau}")
    logits = similarities / tau
    log_sums = np.logaddexp.reduce(logits, axis=1)
    return float((log_sums - np.diag(logits)).mean())


def contrastive_loss(images: Array, texts: Array, tau: float = 0.07) -> float:
    """CLIP's loss: each image picks its text and each text its image (Radford et al. 2021, figure 3).

    images and texts (N, C), of any length: their cosines count.

    Formula `contrastive-loss`: s_nm = cos(image_n, text_m);  L = ½ (InfoNCE(s) + InfoNCE(sᵀ))

    >>> images, texts = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.5], [1.0, 1.0]])
    >>> round(contrastive_loss(images, texts, tau=0.5), 4)
    0.425
    """
    similarities = all_cosines(images, texts)
    return (info_nce(similarities, tau) + info_nce(similarities.T, tau)) / 2


def contrastive_loss_gradient(images: Array, texts: Array, tau: float = 0.07) -> tuple[Array, Array, float]:
    """The gradient of `contrastive_loss` with respect to images (N, C), texts (N, C) and τ, which CLIP learns too.

    Formula `contrastive-loss-gradient`: ∂L/∂s = (softmax_rows(s/τ) + softmax_columns(s/τ) − 2 I) / (2 N τ)

    >>> images, texts = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.5], [1.0, 1.0]])
    >>> d_images, d_texts, d_tau = contrastive_loss_gradient(images, texts, tau=0.5)
    >>> d_images.round(4)
    array([[ 0.    ,  0.2401],
           [-0.0478,  0.    ]])
    """
    similarities = all_cosines(images, texts)
    logits = similarities / tau
    N = len(images)
    picked_texts = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, np.newaxis])
    picked_images = np.exp(logits - np.logaddexp.reduce(logits, axis=0)[np.newaxis, :])
    d_logits = (picked_texts + picked_images - 2 * np.eye(N)) / (2 * N)
    d_similarities = d_logits / tau
    d_images = normalize_backward(d_similarities @ normalize(texts), images)
    d_texts = normalize_backward(d_similarities.T @ normalize(images), texts)
    d_tau = float(-(d_logits * logits).sum() / tau)
    return d_images, d_texts, d_tau


def all_cosines(images: Array, texts: Array) -> Array:
    """The cosine of each image with each text: (N, C) and (N, C) → (N, N).

    >>> all_cosines(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]))
    array([[0.6, 1. ],
           [0.8, 0. ]])
    """
    if images.shape != texts.shape:
        raise ValueError(
            f"expected images and texts of one shape (N, C), came {images.shape} and {texts.shape}"
        )
    return np.asarray(normalize(images) @ normalize(texts).T)
