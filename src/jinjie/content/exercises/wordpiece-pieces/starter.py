def pieces(word: str, vocabulary: list[str]) -> list[str]:
    """The WordPiece pieces of one word.

    word        the word, not empty
    vocabulary  the known pieces; those that go on a word begin with ##, as "##ing"

    Returns the pieces as they stand in the vocabulary, or ["[UNK]"] where the word cannot be cut in this way.
    """
    raise NotImplementedError
