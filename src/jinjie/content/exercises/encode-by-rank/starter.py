def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    """The tokens of one word.

    word    the word
    merges  the pairs that were learned to be merged, the first learned first, as [("e", "s"), ("es", "t"), …]

    Returns the tokens from left to right, as ["low", "est"].
    """
    raise NotImplementedError
