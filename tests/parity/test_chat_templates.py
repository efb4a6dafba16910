"""Our chat templates against transformers' `apply_chat_template`: the same text, the same ids."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tokenizers

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data.tokenization.chat_template import Taught
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.chat import fitted, open_form

transformers = pytest.importorskip("transformers")

SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|header|>", "<|/header|>", "<|eot|>"]

CHATML = """\
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nBe of help.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if loop.first and message.role == 'system' %}{% continue %}{% endif %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.role == 'assistant' %}
        {%- generation %}
        {{- message.content + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and not enable_thinking %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}
"""
LLAMA_2 = """\
{% if messages[0]['role'] == 'system' %}
{% set loop_messages = messages[1:] %}
{% set system_message = messages[0]['content'] %}
{% else %}
{% set loop_messages = messages %}
{% set system_message = false %}
{% endif %}
{% for message in loop_messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}
{% endif %}
{% if loop.index0 == 0 and system_message != false %}
{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}
{% else %}
{% set content = message['content'] %}
{% endif %}
{% if message['role'] == 'user' %}
{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
{% elif message['role'] == 'assistant' %}
{{ ' ' + content.strip() + ' ' + eos_token }}
{% endif %}
{% endfor %}
"""
LLAMA_3 = """\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now('%d %b %Y') %}
{%- endif %}
{%- set ns = namespace(tools_told=false) %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = '' %}
{%- endif %}
{{- '<|header|>system<|/header|>\\n\\nToday: ' + date_string + '\\n' + system_message + '<|eot|>' }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {%- set ns.tools_told = true %}
        {{- '\\n\\n' }}
    {%- endfor %}
{%- endif %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = message.content | map(attribute='text') | join('') %}
    {%- endif %}
    {{- '<|header|>' + message['role'] + '<|/header|>\\n\\n' + content | trim + '<|eot|>' }}
{%- endfor %}
{%- if ns.tools_told %}{{ 'Call: ' ~ {'name': '<好>', 'n': 1} | tojson }}{% endif %}
{%- if add_generation_prompt %}
    {{- '<|header|>assistant<|/header|>\\n\\n' }}
{%- endif %}
"""
ZEPHYR = """\
{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
"""
ODD = """\
    {#- a note #}
  {% for message in messages %}
{{ message.role|upper }}: {{ message.content }}{{ missing }}{{ message.name or '' }}{{ message.tool_calls is defined }}
{%- if message.reasoning_content is defined %} ({{ message.reasoning_content }}){% endif %}
{% for word in message.content.split() %}{% if word == 'stop' %}{% break %}{% endif %}{{ loop.index }} {% endfor %}
    {%- set ns = namespace(n=0) %}{% for _ in range(3) %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}{{ unk_token }}
{% endfor %}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ dict(a=1, b='é"<') | tojson(sort_keys=true) }}
"""
TEMPLATES = {"chatml": CHATML, "llama 2": LLAMA_2, "llama 3": LLAMA_3, "zephyr": ZEPHYR, "odd": ODD}

SAID = {"role": "user", "content": " 你好，<|im_end|> who are you? "}
TALKS: dict[str, list[dict[str, Any]]] = {
    "one": [SAID],
    "system": [{"role": "system", "content": "Speak\nplainly. "}, SAID],
    "long": [
        {"role": "system", "content": ""},
        SAID,
        {"role": "assistant", "content": "I write & <say> “things”. "},
        {"role": "user", "content": "Go on and stop now {{ bos_token }} {% raw %}"},
    ],
    "over": [SAID, {"role": "assistant", "content": "Done.", "tool_calls": None, "reasoning": "think"}],
}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"city": "北京 <&>"}}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer with special tokens, as transformers saves it."""
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=280, special_tokens=SPECIAL, initial_alphabet=alphabet
    )
    made.train_from_iterator(["hello"], trainer)
    place = tmp_path_factory.mktemp("chat")
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.save_pretrained(place)
    return place


def opened(folder: Path, template: str | None = None) -> Taught:
    file = folder / "chat_template.jinja"
    if template is not None:
        file.write_text(template, "utf-8")
    form = open_form(folder, TokenProcessor.load(folder))
    assert isinstance(form, Taught)
    return form


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("answer", [True, False])
def test_the_text_and_the_ids_are_those_of_transformers(
    folder: Path, template: str, talk: str, answer: bool
) -> None:
    form = opened(folder, TEMPLATES[template])
    theirs = transformers.AutoTokenizer.from_pretrained(folder)
    for settings in ({}, {"enable_thinking": False}, {"tools": [TOOL], "date_string": "26 Jul 2024"}):
        expected = theirs.apply_chat_template(
            TALKS[talk], tokenize=False, add_generation_prompt=answer, **settings
        )
        assert form.text(TALKS[talk], answer=answer, **settings) == expected
        ids = theirs.apply_chat_template(
            TALKS[talk], add_generation_prompt=True, return_dict=False, **settings
        )
        assert form.ids(TALKS[talk], **settings) == ids


@pytest.mark.parametrize(
    ("template", "token"),
    [("chatml", "<|im_end|>"), ("llama 2", "</s>"), ("llama 3", "<|eot|>"), ("zephyr", "</s>")],
)
def test_the_end_of_a_turn_is_read_off_the_template(folder: Path, template: str, token: str) -> None:
    form = opened(folder, TEMPLATES[template])
    assert form.ends == (TokenProcessor.load(folder).tokenizer.token_to_id(token),)
    assert form.stop == ()


def test_an_end_that_is_no_token_is_a_stop_word(folder: Path) -> None:
    form = opened(folder, "{% for m in messages %}{{ m.role }}> {{ m.content }}\n###\n{% endfor %}")
    assert (form.stop, form.ends) == (("###",), ())


def test_templates_in_tokenizer_config(folder: Path, tmp_path: Path) -> None:
    """One, or several by name of which "default" is taken; the file of its own comes first."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "chat_template.jinja").unlink(missing_ok=True)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    several = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": ZEPHYR}]
    for given in (ZEPHYR, several):
        (tmp_path / "tokenizer_config.json").write_text(
            json.dumps({**config, "chat_template": given}), "utf-8"
        )
        theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
        expected = theirs.apply_chat_template(TALKS["long"], tokenize=False, add_generation_prompt=True)
        assert opened(tmp_path).text(TALKS["long"]) == expected
    assert opened(tmp_path, CHATML).text(TALKS["one"]).startswith("<|im_start|>system")


def test_what_a_template_refuses_is_said(folder: Path) -> None:
    form = opened(folder, LLAMA_2)
    with pytest.raises(InvalidInput, match="Roles must alternate"):
        form.text([SAID, SAID])
    with pytest.raises(JinjieError, match="line 2"):
        opened(folder, "one\n{% if %}")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'role': 'x'}) }}",
        "{{ self.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
        "{{ range(10 ** 9) | list }}",
    ],
)
def test_a_template_stays_in_its_sandbox(folder: Path, attack: str) -> None:
    form = opened(folder, attack)
    with pytest.raises(InvalidInput):
        form.text([{"role": "user", "content": "x"}])


def test_the_oldest_turns_give_way(folder: Path) -> None:
    form = opened(folder, ZEPHYR)
    talk: list[dict[str, Any]] = [{"role": "system", "content": "Be brief."}]
    for turn in range(6):
        talk += [
            {"role": "user", "content": f"question {turn}"},
            {"role": "assistant", "content": f"answer {turn}"},
        ]
    talk.append({"role": "user", "content": "the last"})
    whole = len(form.ids(talk))
    assert fitted(form, talk, whole) == (form.ids(talk), 0)
    cut = fitted(form, talk, whole - 1)
    assert cut.dropped == 2
    assert cut.ids == form.ids([talk[0], *talk[3:]])
    least = fitted(form, talk, 1)
    assert least == (form.ids([talk[0], talk[-1]]), 12), "the system's words and the last question stay"
    text = form.processor.text(cut.ids)
    assert re.findall(r"question (\d)", text) == list("12345")
