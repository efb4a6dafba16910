"""Looks up the first piece with the mark as well."""


def pieces(word: str, vocabulary: list[str]) -> list[str]:
    known = set(vocabulary)
    found: list[str] = []
    start = 0
    while start < len(word):
        mark = "##"
        for end in range(len(word), start, -1):
            if mark + word[start:end] in known:
                break
        else:
            return ["[UNK]"]
        found.append(mark + word[start:end])
        start = end
    return found
