"""Goes through the merges once, and merges each at its first place alone."""


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    tokens = list(word)
    for pair in merges:
        for at in range(len(tokens) - 1):
            if (tokens[at], tokens[at + 1]) == pair:
                tokens[at : at + 2] = ["".join(pair)]
                break
    return tokens
