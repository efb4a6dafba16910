"""Pieces inside a word are looked up as if they began one."""


def pieces(word: str, vocabulary: list[str]) -> list[str]:
    known = set(vocabulary)
    found: list[str] = []
    start = 0
    while start < len(word):
        mark = "##" if start > 0 else ""
        for end in range(len(word), start, -1):
            if word[start:end] in known:
                break
        else:
            return ["[UNK]"]
        found.append(mark + word[start:end])
        start = end
    return found
