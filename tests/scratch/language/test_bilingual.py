import json
from importlib import resources

import numpy as np
import pytest
import tokenizers

from jinjie.scratch.language import bilingual
from jinjie.scratch.language.bpe import BYTES, encode, tokens

FILE = resources.files("jinjie.models") / "packaged/mix/tokenizer.json"
SHOWN = [chr(byte) for byte in BYTES[:188]] + [chr(256 + i) for i in range(68)]
BYTE = dict(zip(SHOWN, BYTES, strict=True))


def by_tokenizers(text: str, merges: int | None = None) -> list[bytes]:
    file = json.loads(FILE.read_text("utf-8"))
    if merges is not None:
        file["model"]["merges"] = file["model"]["merges"][:merges]
    encoded = tokenizers.Tokenizer.from_str(json.dumps(file)).encode(text, add_special_tokens=False)
    return [bytes(BYTE[c] for c in token) for token in encoded.tokens]


@pytest.mark.parametrize("merges", [None, 0, 1, 40, 1000])
def test_both_texts_are_cut_as_tokenizers_cuts_them(merges):
    text = bilingual.shakespeare()[:50_000] + bilingual.poems()[:4_000] + "  In 1984,_x 床前 明月光？I'LL"
    vocabulary = 8191 if merges is None else 256 + merges
    assert bilingual.bilingual_tokens(text, vocabulary) == by_tokenizers(text, merges)


def test_the_scene_was_held_out_and_begins_and_ends_as_printed():
    from jinjie.data.corpus.splits import Shares, hash_of, split_of
    from jinjie.data.plays import parts

    scene = bilingual.hamlet()
    (whole,) = [part for part in parts(bilingual.shakespeare()) if scene[:60] in part]
    assert split_of(hash_of(whole), Shares(2.5, 2.5).bounds()) == "test"
    assert whole.startswith("ACT III.\n\nScene I.") and "To be, or not to be" in scene
    assert scene.split() == whole.split()


def test_words_joined_again_are_the_text():
    text = bilingual.hamlet() + bilingual.poems() + " \n\t 1½ _a_ é ば"
    assert "".join(bilingual.word_pattern().findall(text)) == text
    assert b"".join(bilingual.bilingual_tokens(text)).decode() == text


def test_the_merges_are_those_of_bpe():
    merges = list(bilingual.bilingual_merges())[:300]
    words = [" murder", "床前明月光", "whether"]
    for word in words:
        assert [tokens(merges)[i] for i in encode(word, merges)] == bilingual.bilingual_tokens(word, 556)


@pytest.mark.parametrize("text", [bilingual.hamlet(), bilingual.poems()[:5000]])
def test_merges_made_tell_the_length_at_every_vocabulary(text):
    made = bilingual.merges_made(text)
    for vocabulary in (256, 257, 300, 1000, 4000, 8191):
        length = len(text.encode()) - made[: vocabulary - 256].sum()
        assert length == len(bilingual.bilingual_tokens(text, vocabulary))
    assert np.issubdtype(made.dtype, np.integer)


@pytest.mark.parametrize("vocabulary", [255, 8192])
def test_a_vocabulary_that_it_does_not_hold_is_told(vocabulary):
    with pytest.raises(ValueError, match="from 256 to 8191"):
        bilingual.bilingual_tokens("a", vocabulary)
