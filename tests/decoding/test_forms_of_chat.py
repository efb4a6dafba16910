"""The plain form, for models that were not taught to chat. Templates are held to transformers in tests/parity."""

from __future__ import annotations

import string

from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.chat import Plain, fitted, open_form
from jinjie.training import finished

TALK = [
    {"role": "system", "content": "A play."},
    {"role": "user", "content": "Who's there?"},
    {"role": "assistant", "content": "I."},
    {"role": "user", "content": [{"type": "text", "text": "Stand"}, {"type": "text", "text": " forth."}]},
]


def characters(text: str) -> TokenProcessor:
    return TokenProcessor(character_tokenizer(vocabulary_of(text)), start="\n")


def test_two_who_speak_by_name() -> None:
    form = Plain(characters(string.printable))
    expected = "A play.\n\nUser: Who's there?\nAssistant: I.\nUser: Stand forth.\nAssistant:"
    assert form.text(TALK) == expected
    assert form.text(TALK, answer=False) == expected.removesuffix("\nAssistant:")
    assert form.ids(TALK) == form.processor.prompt(expected)
    assert form.stop == ("\nUser:",)
    assert not form.taught


def test_lines_without_names_where_the_vocabulary_cannot_spell_them() -> None:
    form = open_form(
        finished.model_folder("poems"), finished.open_finished(finished.model_folder("poems")).processor
    )  # type: ignore[arg-type]
    assert isinstance(form, Plain)
    talk = [{"role": "user", "content": "春眠不觉晓"}, {"role": "assistant", "content": "处处闻啼鸟"}]
    assert form.text([*talk, talk[0]]) == "春眠不觉晓\n处处闻啼鸟\n春眠不觉晓\n"
    assert form.stop == ()
    assert len(fitted(form, [*talk, *talk, talk[0]], 15).ids) <= 15
