"""Opening a tokenizer from the files of the Hugging Face format, made here or elsewhere.

A folder is read as transformers reads it: `tokenizer.json`, else GPT-2's `vocab.json` and `merges.txt`, else BERT's
`vocab.txt`; special tokens from `tokenizer_config.json` and `special_tokens_map.json`; and the ids that end a text from
`generation_config.json` or `config.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.characters import UNKNOWN
from jinjie.data.tokenization.processor import DOCUMENTS, ROLES, TokenProcessor
from jinjie.data.tokenization.wordpiece import SPECIAL, around, as_bert

if TYPE_CHECKING:
    import tokenizers
else:
    tokenizers = lazy("tokenizers")

P = TypeVar("P", bound=TokenProcessor)
Settings = dict[str, Any]

WHOLE, VOCABULARY, MERGES, WORDS = "tokenizer.json", "vocab.json", "merges.txt", "vocab.txt"
_SENTENCEPIECE = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model")
_GPT2 = (None, "GPT2Tokenizer", "GPT2TokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend")
_QWEN2 = ("Qwen2Tokenizer", "Qwen2TokenizerFast")
_NOT_BERT = ("BertJapaneseTokenizer",)
_FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")

QWEN2_WORDS = "|".join(
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
"""Where Qwen2 cuts a text before byte-level BPE: one digit at a time, line breaks with what they end."""


def open_tokenizer(place: Path, cls: type[P] = TokenProcessor) -> P:  # type: ignore[assignment]
    """The processor that a folder's tokenizer files describe, or one of those files.

    Raises NotFound when there are none (and for a sentencepiece model alone, saying how to convert it), and JinjieError
    naming the file that is damaged.
    """
    if place.is_dir():
        folder, file = place, _first(place)
    elif place.is_file():
        folder, file = place.parent, place
    else:
        raise NotFound("tokenizer.nothing_there", place=place)
    settings = _settings(folder / "tokenizer_config.json")
    special = _special(settings, _settings(folder / "special_tokens_map.json"))
    if file.name.endswith(".txt") and file.name != MERGES:
        made = _from_words(file, settings, special)
    elif file.name in (VOCABULARY, MERGES):
        made = _from_merges(folder, settings, special)
    else:
        made = _from_whole(file)
    _add(made, folder, settings)
    _mark(made, special)
    _around(made, settings, special)
    if not made.get_vocab_size():
        raise _damaged(file, "no tokens")
    if (folder / DOCUMENTS).is_file():
        start, end, ends = _documents(folder / DOCUMENTS)
    else:
        start, end, ends = "", special.get("eos"), list(_ends(folder))
    return cls(made, start=start, end=end, special=special, also_ends=ends)


def _first(folder: Path) -> Path:
    """The file that a folder's tokenizer is read from."""
    if (folder / WHOLE).is_file():
        return folder / WHOLE
    if (folder / VOCABULARY).is_file() and (folder / MERGES).is_file():
        return folder / VOCABULARY
    if (folder / WORDS).is_file():
        return folder / WORDS
    for name in (VOCABULARY, MERGES):
        if (folder / name).is_file():
            lacks = MERGES if name == VOCABULARY else VOCABULARY
            raise NotFound("tokenizer.half", folder=folder, came=name, lacks=lacks)
    for name in _SENTENCEPIECE:
        if (folder / name).is_file():
            raise NotFound("tokenizer.sentencepiece", folder=folder, file=name)
    raise NotFound("tokenizer.no_files", folder=folder)


def _from_whole(file: Path) -> tokenizers.Tokenizer:
    made = _made(file, lambda: tokenizers.Tokenizer.from_str(_text(file)))
    # Some files carry the padding and cutting of the batches they were last used with.
    made.no_padding()
    made.no_truncation()
    return made


def _from_merges(folder: Path, settings: Settings, special: dict[str, str]) -> tokenizers.Tokenizer:
    """GPT-2's two files, or Qwen2's, which cuts words in another way."""
    sort = settings.get("tokenizer_class")
    if sort not in (*_GPT2, *_QWEN2):
        raise JinjieError(
            "tokenizer.needs_whole", folder=folder, came=sort, known="GPT2Tokenizer, Qwen2Tokenizer"
        )
    ids = _json(folder / VOCABULARY)
    if not isinstance(ids, dict) or not all(type(i) is int and 0 <= i < 2**32 for i in ids.values()):
        raise _damaged(folder / VOCABULARY, "tokens and their ids expected")
    if len(set(ids.values())) < len(ids):
        raise _damaged(folder / VOCABULARY, "several tokens have the same id")
    merges = list(_merges(folder / MERGES))
    made_by_none = {t for t in ids if len(t) > 1} - {a + b for a, b in merges} - set(special.values())
    if len(made_by_none) > max(64, len(merges) // 100):  # a few placeholders are usual
        raise _damaged(folder / MERGES, f"{len(made_by_none):,} tokens of {VOCABULARY} come of no merge")
    made = _made(folder / MERGES, lambda: tokenizers.Tokenizer(tokenizers.models.BPE(ids, merges)))
    split = tokenizers.pre_tokenizers
    if sort in _QWEN2:
        made.normalizer = tokenizers.normalizers.NFC()
        made.pre_tokenizer = split.Sequence(
            [
                split.Split(tokenizers.Regex(QWEN2_WORDS), "isolated"),
                split.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        made.pre_tokenizer = split.ByteLevel(add_prefix_space=bool(settings.get("add_prefix_space", False)))
    made.decoder = tokenizers.decoders.ByteLevel()
    if "<|endoftext|>" in ids:
        roles = ("pad", "eos") if sort in _QWEN2 else ("bos", "eos", "unk")
        for role in roles:
            if f"{role}_token" not in settings:
                special.setdefault(role, "<|endoftext|>")
    return made


def _merges(file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(_text(file).split("\n"), 1):
        line = line.rstrip("\r")
        if not line or number == 1 and line.startswith("#version"):
            continue
        parts = tuple(line.split(" "))
        if len(parts) != 2:
            raise _damaged(file, f"line {number}: {line!r}")
        yield parts


def _from_words(file: Path, settings: Settings, special: dict[str, str]) -> tokenizers.Tokenizer:
    """BERT's vocabulary, a token a line."""
    sort = settings.get("tokenizer_class")
    if sort in _NOT_BERT:
        raise JinjieError("tokenizer.needs_whole", folder=file.parent, came=sort, known="BertTokenizer")
    lines = _text(file).replace("\r\n", "\n").split("\n")
    ids = {token: i for i, token in enumerate(lines[:-1] if lines[-1] == "" else lines)}
    for role, token in SPECIAL.items():
        special.setdefault(role, token)
    lacks = [special[role] for role in ("unk", "cls", "sep") if special[role] not in ids]
    if lacks:
        raise _damaged(file, f"lacks {', '.join(lacks)}")
    special = {role: token for role, token in special.items() if token in ids}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(ids, unk_token=special["unk"]))
    as_bert(
        made,
        lower=bool(settings.get("do_lower_case", True)),
        accents=settings.get("strip_accents"),
        chinese=bool(settings.get("tokenize_chinese_chars", True)),
    )
    around(made, special["cls"], special["sep"])
    return made


def _add(made: tokenizers.Tokenizer, folder: Path, settings: Settings) -> None:
    """Add the tokens that stand beside the vocabulary, in the order of their ids."""
    old, new = folder / "added_tokens.json", folder / "tokenizer_config.json"
    added: dict[int, tokenizers.AddedToken] = {}
    file = old
    try:
        for content, i in _settings(old).items():
            added[int(i)] = tokenizers.AddedToken(content, normalized=False)
        file = new
        for i, token in (settings.get("added_tokens_decoder") or {}).items():
            flags = {name: bool(token.get(name, False)) for name in _FLAGS}
            added[int(i)] = tokenizers.AddedToken(token["content"], **flags)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(file, f"added tokens: {error}") from error
    for i in sorted(added):
        made.add_tokens([added[i]])


def _mark(made: tokenizers.Tokenizer, special: Mapping[str, str]) -> None:
    """Have the tokenizer know the special tokens as such; what its vocabulary lacks is added behind it."""
    marked = {token.content for token in made.get_added_tokens_decoder().values() if token.special}
    for token in dict.fromkeys(special.values()):
        if token not in marked and token != UNKNOWN:  # which a text cannot spell
            made.add_special_tokens([tokenizers.AddedToken(token, special=True, normalized=False)])


def _documents(file: Path) -> tuple[str, str | None, list[int]]:
    """What stands before and behind a document in training, and the ids that end it, as `TokenProcessor` saves them."""
    documents = _settings(file)
    start, end, ends = documents.get("start", ""), documents.get("end"), documents.get("ends", [])
    if not isinstance(start, str) or not isinstance(end, str | None) or not isinstance(ends, list):
        raise _damaged(file, "start, end and ends expected")
    if not all(type(i) is int for i in ends):
        raise _damaged(file, f"ends must be token ids, not {ends}")
    return start, end, ends


def _around(made: tokenizers.Tokenizer, settings: Settings, special: Mapping[str, str]) -> None:
    """What stands around a text where tokenizer_config.json says so itself: it overrules tokenizer.json."""
    if not {"add_bos_token", "add_eos_token"} & set(settings) or "cls" in special:
        return
    bos, eos = (special.get(role) if settings.get(f"add_{role}_token") else None for role in ("bos", "eos"))
    single = " ".join(filter(None, (bos and f"{bos}:0", "$A:0", eos and f"{eos}:0")))
    pair = " ".join(filter(None, (single, bos and f"{bos}:1", "$B:1", eos and f"{eos}:1")))
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=single,
        pair=pair,
        special_tokens=[(token, made.token_to_id(token)) for token in dict.fromkeys((bos, eos)) if token],
    )


def _special(*sources: Mapping[str, Any]) -> dict[str, str]:
    """The special tokens by role; the first source that names one is right."""
    found: dict[str, str] = {}
    for source in sources:
        for role in ROLES:
            token = source.get(f"{role}_token")
            token = token.get("content") if isinstance(token, Mapping) else token
            if isinstance(token, str) and token:
                found.setdefault(role, token)
    return found


def _ends(folder: Path) -> Iterator[int]:
    """The ids behind which the model's own configuration ends a text, as transformers' `generate` does."""
    for name in ("generation_config.json", "config.json"):
        came = _settings(folder / name).get("eos_token_id")
        if came is not None:
            yield from (i for i in (came if isinstance(came, list) else [came]) if type(i) is int)
            return


def _settings(file: Path) -> Settings:
    """A JSON file that may be missing. Raises JinjieError when it is there and damaged."""
    if not file.is_file():
        return {}
    content = _json(file)
    if not isinstance(content, dict):
        raise _damaged(file, f"an object expected, not {type(content).__name__}")
    return content


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except ValueError as error:
        raise _damaged(file, str(error)) from error


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(file, str(error)) from error


def _made(file: Path, make: Callable[[], tokenizers.Tokenizer]) -> tokenizers.Tokenizer:
    """What the library makes of a file. It raises plain exceptions for whatever it cannot read."""
    try:
        return make()
    except Exception as error:
        raise _damaged(file, str(error)) from error


def _damaged(file: Path, reason: str) -> JinjieError:
    return JinjieError("tokenizer.damaged", file=file, reason=reason)
