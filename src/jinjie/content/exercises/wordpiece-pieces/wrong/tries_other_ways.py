"""Takes a piece back when it leads nowhere."""


def pieces(word: str, vocabulary: list[str]) -> list[str]:
    known = set(vocabulary)

    def rest(start: int) -> list[str] | None:
        if start == len(word):
            return []
        mark = "##" if start > 0 else ""
        for end in range(len(word), start, -1):
            if mark + word[start:end] in known and (after := rest(end)) is not None:
                return [mark + word[start:end], *after]
        return None

    return rest(0) or ["[UNK]"]
