"""Which of two answers is preferred: pairs that a model writes itself and a rule judges, or your own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import Text, say
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split, text_bytes
from jinjie.data.distinct import FEWEST, dealt, normal
from jinjie.data.fetch import tell
from jinjie.data.poem_form import RULES, Rule, opening, poems
from jinjie.data.poems import VOCABULARY
from jinjie.data.reading import OptionalPath, at_most
from jinjie.data.sources import CHINESE_POETRY

if TYPE_CHECKING:
    from jinjie.data.answer_pairs import AnswerPairs, Pair
    from jinjie.data.tokenization.processor import TokenProcessor

HELD = 8
"""A pair to watch with and one to test with for every so many to learn from."""
LENGTH = 47
"""Tokens of the packaged model's poems with their first line, on average."""
POEMS = 11_000_000
"""Bytes that people's poems take, which are begun and compared with."""
TOKENS = 40
"""What a poem has behind its first line, about."""
WASTED = 2
"""Prompts answered for each pair that is found, about."""
PLAIN = 128
"""Poems of people's that each held-out split measures the cost with."""


class Asked(NamedTuple):
    """What a model is to write before the data can be loaded."""

    writer: str
    """A model, as `jinjie generate` takes one."""
    rule: Rule
    wanted: dict[Split, int]
    """Pairs for each split."""
    answers: int
    """To each prompt."""
    temperature: float
    seed: int
    longest: int
    """In tokens, the prompt among them."""


class Config(DataConfig):
    """Pairs in batches: x and y (B, 2, T) int64, the chosen answer first; y is −100 on prompts and padding.

    A poem is begun with the first line of a real one, and one that keeps the rule is preferred to one that does not.
    """

    kind: Literal["pairs_of_answers"] = "pairs_of_answers"
    tasks: ClassVar[tuple[str, ...]] = ("prefer",)
    rule: Rule = option(
        "quatrain",
        "what is preferred: a poem of four lines (quatrain), one without a character twice (no-repeat), or of regular "
        "lines (form)",
        "偏好什么：四句的诗（quatrain）、没有重复字的诗（no-repeat），或句式整齐的诗（form）",
    )
    path: OptionalPath = option(
        None,
        'a .jsonl of your own instead, a pair in each line: {"prompt": …, "chosen": …, "rejected": …}',
        '改用自己的 .jsonl，每行一对：{"prompt": …, "chosen": …, "rejected": …}',
    )
    writer: str = option(
        "poems",
        "the model that writes the answers; a recipe's start by itself",
        "由哪个模型写回答；配方有起点时就是起点",
    )
    pairs: int = option(256, "pairs to learn from", "用来学习的对数", ge=HELD)
    answers: int = option(
        4, "answers to each prompt, of which a pair is taken", "每个开头写几个回答，从中取一对", ge=2
    )
    temperature: float = option(1.0, "how freely they are drawn", "采样温度", gt=0)
    sampling_seed: int = option(0, "decides the draws", "决定采样的种子", ge=0)
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there; when empty the writer's own",
        "现成的分词器；留空则用写回答的模型自己的",
    )
    block: int = option(
        128, "longest prompt with its answer, in tokens", "开头加回答的最大长度（词元数）", ge=8
    )

    def variants(self) -> Mapping[str, DataConfig]:
        """None: a model writes it."""
        return {}

    @property
    def wanted(self) -> dict[Split, int]:
        held = self.pairs // HELD
        return {"train": self.pairs, "validation": held, "test": held}

    def about(self) -> About:
        facts = {"block": self.block}
        if self.path is not None:
            title = Text(en=f"Your pairs {self.path}", zh=f"自己的成对回答 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=facts)
        if self.writer == "poems" and self.tokenizer is None:
            facts |= {"vocabulary": VOCABULARY, "length": min(self.block, LENGTH)}
        rule = RULES[self.rule]
        return About(
            title=Text(
                en=f"Poems by {self.writer} itself; preferred: {rule.en}",
                zh=f"由 {self.writer} 自己写的诗；偏好：{rule.zh}",
            ),
            real=True,
            source=CHINESE_POETRY.spec,
            licence=CHINESE_POETRY.licence,
            download_bytes=CHINESE_POETRY.bytes,
            cached=False,
            counts={str(split): count for split, count in self.wanted.items()},
            facts=facts,
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return text_bytes(counts) + (POEMS if self.path is None else 0)

    def writes(self) -> int:
        answered = 0 if self.path is not None else WASTED * sum(self.wanted.values()) * self.answers
        return answered * min(self.block, TOKENS)

    def asks(self) -> Asked | None:
        """What the writer has to write first; None where the pairs are the user's own."""
        if self.path is not None:
            return None
        return Asked(
            self.writer,
            self.rule,
            self.wanted,
            self.answers,
            self.temperature,
            self.sampling_seed,
            self.block,
        )

    def load(self, report: Report | None = None, written: Path | None = None) -> AnswerPairs:
        """`written` is the folder of the answers that `asks` asks for. Raises InvalidInput naming every fault of an own
        file by its line, JinjieError when nothing has been written yet."""
        from jinjie.data.corpus.tokenizer import named
        from jinjie.data.tokenization.opening import open_tokenizer

        if self.path is not None:
            if self.tokenizer is None:
                raise InvalidInput([Problem("data.tokenizer", "preferred.no_tokenizer")])
            return _own(self, self.path, named(self.tokenizer, report), report)
        if written is None:
            raise JinjieError("preferred.not_written", writer=self.writer)
        return _sampled(self, written, open_tokenizer(written), report)

    def open_processor(self, folder: Path) -> TokenProcessor:
        from jinjie.data.tokenization.processor import TokenProcessor

        return TokenProcessor.load(folder)


def whole_text(processor: TokenProcessor, text: str) -> list[int]:
    """The ids of a document, with what stands before it and what ends it."""
    return [*processor.prompt(text), *(processor.ids(processor.end) if processor.end else [])]


def _sampled(config: Config, written: Path, processor: TokenProcessor, report: Report | None) -> AnswerPairs:
    from jinjie.data.answer_pairs import Pair

    real = poems(report)
    pairs: dict[Split, list[Pair]] = {}
    for split in SPLITS:
        rows = json.loads((written / f"{split}.json").read_bytes())
        pairs[split] = [Pair(row["prompt"], row["chosen"], row["rejected"]) for row in rows]
    plain = {
        split: [
            ids for poem in real[split][:PLAIN] if len(ids := whole_text(processor, poem)) <= config.block
        ]
        for split in SPLITS
    }
    prompts = {split: list(dict.fromkeys(map(opening, real[split]))) for split in SPLITS}
    learned = set(prompts["train"])  # poems that differ may begin alike
    prompts |= {s: [one for one in prompts[s] if one not in learned] for s in SPLITS if s != "train"}
    return _made(
        config,
        pairs,
        {s: [(ids[:1], ids[1:]) for ids in rows] for s, rows in plain.items()},
        prompts,
        processor,
    )


def _own(config: Config, path: str, processor: TokenProcessor, report: Report | None) -> AnswerPairs:
    """A user's pairs, dealt by their prompts; the cost is measured on the chosen answers themselves."""
    from jinjie.data.answer_pairs import Pair, read_pairs

    tell(report, say("labelled.reading", path=path), 0, None)
    problems: list[Problem] = []
    found: list[tuple[str, Pair]] = []
    left_out = 0
    for where, row in read_pairs(path):
        try:
            end = processor.ids(processor.end) if processor.end else list(processor.ends[:1])
            prompt = processor.prompt(row["prompt"])
            chosen, rejected = ([*processor.ids(row[name]), *end] for name in ("chosen", "rejected"))
        except InvalidInput as error:
            problems += [Problem(where, p.key, **p.params) for p in error.problems]
            continue
        if len(prompt) + max(len(chosen), len(rejected)) - 1 > config.block:
            left_out += 1
        else:
            found.append((normal(row["prompt"]), Pair(prompt, chosen, rejected)))
    if problems:
        raise at_most(problems)
    if left_out:
        tell(report, say("preferred.too_long", None, count=left_out, block=config.block), 0, None)
    keys = list(dict.fromkeys(key for key, _ in found))
    if len(keys) < FEWEST:
        problem = Problem("data.path", "preferred.too_few", came=len(keys), fewest=FEWEST, count=left_out)
        raise InvalidInput([problem])
    where_of = {
        keys[place]: split for split, places in dealt(keys, [""] * len(keys)).items() for place in places
    }
    pairs: dict[Split, list[Pair]] = {split: [] for split in SPLITS}
    for key, pair in found:
        pairs[where_of[key]].append(pair)
    plain = {split: [(pair.prompt, pair.chosen) for pair in rows] for split, rows in pairs.items()}
    return _made(config, pairs, plain, {}, processor)


def _made(
    config: Config,
    pairs: Mapping[Split, Sequence[Pair]],
    plain: Mapping[Split, Sequence[tuple[list[int], list[int]]]],
    prompts: Mapping[Split, Sequence[str]],
    processor: TokenProcessor,
) -> AnswerPairs:
    from jinjie.data.answer_pairs import AnswerPairs, Rows

    splits = {
        split: Rows.of([[(one.prompt, one.chosen), (one.prompt, one.rejected)] for one in rows])
        for split, rows in pairs.items()
    }
    texts = {split: Rows.of([[row] for row in rows]) for split, rows in plain.items()}
    facts = config.about().facts | {"vocabulary": processor.vocabulary}
    about = config.about().model_copy(
        update={"facts": facts, "counts": {str(split): len(rows) for split, rows in splits.items()}}
    )
    rule = config.rule if config.path is None else None
    return AnswerPairs(splits, texts, prompts, rule, config.temperature, about, processor, facts)
