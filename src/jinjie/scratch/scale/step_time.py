"""What a training step costs: the arithmetic, and what is paid for every step however small its matrices are."""


def step_seconds(overhead: float, flops: float, rate: float) -> float:
    """Seconds of a step: a fixed `overhead` in seconds, and `flops` operations at `rate` of them a second.

    The overhead is what a framework does around the arithmetic: calls from Python, checks, the graph, memory. Small
    steps are nearly all overhead, large ones none, and between them lies the step whose arithmetic takes as long as
    its overhead: overhead · rate operations.

    Formula `step-time`: t = t₀ + F / R

    >>> round(step_seconds(overhead=1e-3, flops=5e7, rate=5e10), 4)  # as much of the one as of the other
    0.002
    """
    return overhead + flops / rate
