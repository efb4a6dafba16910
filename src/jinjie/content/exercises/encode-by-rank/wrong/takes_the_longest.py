"""The longest known token at each place."""


def encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    known = {left + right for left, right in merges}
    tokens: list[str] = []
    while word:
        end = next((end for end in range(len(word), 1, -1) if word[:end] in known), 1)
        tokens.append(word[:end])
        word = word[end:]
    return tokens
