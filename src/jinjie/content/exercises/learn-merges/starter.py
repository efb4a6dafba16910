def learn(words: dict[str, int], n: int) -> list[tuple[str, str]]:
    """The first n merges of byte-pair encoding, on characters.

    words  how often each word occurs, as {"low": 5, "lower": 2}
    n      how many merges to learn; fewer where no word has two symbols left

    Returns the merged pairs in the order learned, as [("w", "e"), …]. Of pairs that are equally common, the one that
    Python sorts first is taken.
    """
    raise NotImplementedError
