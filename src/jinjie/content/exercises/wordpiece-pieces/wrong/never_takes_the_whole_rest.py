"""Ends one letter too early: the whole rest is never tried."""


def pieces(word: str, vocabulary: list[str]) -> list[str]:
    known = set(vocabulary)
    found: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start > 0 else ""
        for end in range(len(word) - 1, start, -1):
            if mark + word[start:end] in known:
                break
        else:
            return ["[UNK]"]
        found.append(mark + word[start:end])
        start = end
    return found
