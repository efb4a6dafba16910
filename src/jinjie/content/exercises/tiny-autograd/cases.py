"""Programs for the exercise: one use, several uses, ways of unequal length, and more ways than can be walked."""


def cases(rng):
    one = [("mul", 0, 1), ("tanh", 3), ("add", 4, 2)]
    yield (
        {"en": "tanh(w·x) + b: each value used once", "zh": "tanh(w·x) + b：每个值只用一次"},
        (one, [0.8, 1.25, 0.5]),
    )
    yield {"en": "x·x: one value used twice", "zh": "x·x：一个值用两次"}, ([("mul", 0, 0)], [3.0])
    unequal = [("mul", 0, 1), ("mul", 2, 2), ("add", 2, 3)]
    yield (
        {
            "en": "u + u·u with u = w·x: a short way and a long one",
            "zh": "u + u·u，其中 u = w·x：两条路，一长一短",
        },
        (unequal, [2.0, 3.0]),
    )
    crossed = [("tanh", 0), ("tanh", 2), ("add", 0, 3), ("mul", 4, 1), ("add", 5, 0)]
    yield (
        {"en": "one value on three ways of unequal length", "zh": "一个值走三条长短不同的路"},
        (crossed, [0.4, -1.5]),
    )
    yield {"en": "an input that is not used", "zh": "有一个输入没用上"}, ([("mul", 0, 2)], [1.5, 7.0, -2.0])
    yield {"en": "a bend far from 0", "zh": "离 0 很远的弯折"}, ([("mul", 0, 1), ("tanh", 2)], [2.0, 1.5])
    tied = [("mul", 0, 1), ("tanh", 2), ("mul", 0, 3)]
    yield (
        {"en": "w·tanh(w·x): a weight on both sides of the bend", "zh": "w·tanh(w·x)：弯折前后用同一个权重"},
        (tied, [0.8, 1.3]),
    )
    chain = [("tanh", 0)] + [("tanh", i) for i in range(1, 60)]
    yield {"en": "a chain of sixty bends", "zh": "六十个弯折连成一串"}, (chain, [0.9])
    doubled = [("add", i, i) for i in range(40)]
    yield (
        {"en": "forty doublings: too many ways to walk each", "zh": "连续翻倍四十次：路太多，没法一条条走"},
        (doubled, [0.75]),
    )
    while True:
        count, length = int(rng.integers(1, 5)), int(rng.integers(3, 14))
        yield (
            {"en": f"{length} operations on {count} inputs", "zh": f"{count} 个输入，{length} 步运算"},
            (drawn(rng, count, length), [float(x) for x in rng.normal(size=count)]),
        )


def drawn(rng, count, length):
    program = []
    for made in range(count, count + length):
        name = ("add", "mul", "tanh")[int(rng.integers(3))]
        latest = made - 1  # so that the result is made of what came before
        at = [latest] if name == "tanh" else [latest, int(rng.integers(made))]
        program.append((name, *at))
    return program
