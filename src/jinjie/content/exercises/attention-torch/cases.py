"""Batches for the exercise: one head, one place, as many heads as channels, and at random."""

import torch


def cases(rng):
    yield (
        {"en": "two heads of size 2, three places", "zh": "两个头，维度 2，三个位置"},
        drawn(rng, 1, 3, 2, 2),
    )
    yield {"en": "a batch of two", "zh": "一批两段"}, drawn(rng, 2, 4, 2, 3)
    yield {"en": "four heads", "zh": "四个头"}, drawn(rng, 1, 5, 4, 4)
    yield {"en": "one head", "zh": "一个头"}, drawn(rng, 2, 4, 1, 6)
    yield {"en": "a single place", "zh": "只有一个位置"}, drawn(rng, 2, 1, 3, 2)
    yield {"en": "heads of size 1", "zh": "每个头维度为 1"}, drawn(rng, 1, 6, 4, 1)
    yield {"en": "large scores", "zh": "分数很大"}, drawn(rng, 1, 4, 2, 3, scale=30.0)
    for _ in range(13):
        B, T, H, D = (int(n) for n in rng.integers(2, 6, size=4))
        yield (
            {
                "en": f"{B} texts of {T} places, {H} heads of size {D}",
                "zh": f"{B} 段、每段 {T} 个位置，{H} 个头，维度 {D}",
            },
            drawn(rng, B, T, H, D),
        )


def drawn(rng, B, T, H, D, scale=1.0):
    q, k, v = (torch.tensor(rng.normal(size=(B, T, H * D)), dtype=torch.float32) for _ in range(3))
    return scale * q, scale * k, v, H
