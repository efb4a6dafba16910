"""Turns, what the model is shown of them, and answers that end where they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.chat_template import Form, Taught
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.chat import Plain
from jinjie.decoding.conversation import Conversation
from jinjie.decoding.sampling import Sampling
from jinjie.models import gpt

TEMPLATE = (
    "{% for m in messages %}[{{ m.role[0] }}]{{ m.content }};{% endfor %}{{ '[a]' if add_generation_prompt }}"
)
BLOCK = 64


def processor() -> TokenProcessor:
    return TokenProcessor(character_tokenizer(vocabulary_of("abcdefg[];us.? \n")))


def network() -> nn.Module:
    torch.manual_seed(0)
    config = gpt.Config(vocabulary=processor().vocabulary, block=BLOCK, layers=2, width=32, heads=4)
    made = config.build().eval()
    for parameter in made.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.3)
    return made


def taught(**settings: Any) -> Conversation:
    made = processor()
    form = Taught(TEMPLATE, made, {}, Path("x"))
    return Conversation(network(), made, form, Sampling(**({"max_tokens": 8, "seed": 1} | settings)))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the model was given to go on from."""
    found: list[str] = []
    form: Any = Taught
    ids = form.ids

    def watched(self: Form, messages: Any, **settings: Any) -> list[int]:
        found.append(self.text(messages))
        made: list[int] = ids(self, messages, **settings)
        return made

    monkeypatch.setattr(form, "ids", watched)
    return found


def test_the_model_sees_what_was_said_before(shown: list[str]) -> None:
    talk = taught()
    talk.system = "be"
    first = "".join(talk.answer("abc"))
    second = "".join(talk.answer("def?"))
    assert shown == ["[s]be;[u]abc;[a]", f"[s]be;[u]abc;[a]{first};[u]def?;[a]"]
    roles = [message["role"] for message in talk.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant"]
    assert talk.messages[-1]["content"] == second
    talk.reset()
    assert [message["role"] for message in talk.messages] == ["system"]


def test_an_answer_ends_where_the_template_ends_a_turn() -> None:
    """ ";" is no token of its own kind here, so that it is a stop word, and nothing of it is shown."""
    talk = taught(max_tokens=400, temperature=1.5)
    assert talk.form.stop == (";",)
    "".join(talk.answer("abc"))
    assert talk.turns[-1]["finish_reason"] == "stop"
    assert ";" not in talk.turns[-1]["content"]


def test_one_seed_one_conversation_and_other_draws_for_each_answer() -> None:
    def told(seed: int) -> list[str]:
        talk = taught(seed=seed, stop=("zz",))
        return ["".join(talk.answer("abc")), "".join(talk.answer("abc"))]

    assert told(3) == told(3) != told(4)


def test_the_oldest_turns_go_when_the_view_is_full(shown: list[str]) -> None:
    talk = taught()
    for letter in "abcdefg":
        "".join(talk.answer(letter * 12))
    assert talk.dropped > 0
    last = shown[-1]
    assert len(last) <= BLOCK - 8
    assert last.startswith("[u]") and "gggggggggggg" in last and "aaaaaaaaaaaa" not in last
    assert len(talk.turns) == 14, "what was said is kept all the same"


def test_an_answer_left_in_the_middle_is_kept_as_far_as_it_came() -> None:
    talk = taught(max_tokens=50, stop=())
    pieces = talk.answer("abc")
    begun = next(pieces) + next(pieces)
    pieces.close()
    assert talk.turns[-1] == {"role": "assistant", "content": begun, "finish_reason": "stopped"}
    "".join(talk.answer("def"))
    assert len(talk.turns) == 4


def test_what_cannot_be_read_is_not_said() -> None:
    talk = taught()
    with pytest.raises(InvalidInput, match="月"):
        next(talk.answer("ab月"))
    assert talk.turns == []
    assert talk.readable("ab月c月!") == ("abc", "月!")
    assert talk.readable("abc") == ("abc", "")


def test_what_the_model_wrote_can_be_read_again(shown: list[str]) -> None:
    """A character tokenizer's model may write the unknown token, which no text can spell."""
    talk = taught(logit_bias={0: 100}, max_tokens=3)
    assert "".join(talk.answer("abc")) == "\ufffd" * 3
    "".join(talk.answer("def"))
    assert shown[-1] == "[u]abc;[a];[u]def;[a]"
    assert talk.turns[1]["content"] == "\ufffd" * 3


def test_a_blank_behind_the_name_of_who_answers_is_left_out() -> None:
    vocabulary = vocabulary_of("User: Assistant: \nabc")
    made = TokenProcessor(character_tokenizer(vocabulary))
    blank = vocabulary.index(" ")
    config = gpt.Config(vocabulary=len(vocabulary), block=64, layers=1, width=16, heads=2)
    talk = Conversation(
        config.build().eval(), made, Plain(made), Sampling(max_tokens=4, logit_bias={blank: 100})
    )
    assert "".join(talk.answer("a")) == ""
    assert talk.turns[-1]["content"] == ""
    talk.sampling = talk.sampling.model_copy(update={"logit_bias": {vocabulary.index("c"): 100}})
    assert "".join(talk.answer("b")) == "cccc"
