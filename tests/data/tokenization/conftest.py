"""Published tokenizers and small trained ones, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.data.tokenization.measure import samples
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.published import published_folder
from jinjie.data.tokenization.train import BPE, Characters, WordPiece, train


@pytest.fixture(scope="session")
def gpt2_folder(data_home: Path) -> Path:
    return _published("gpt2", data_home)


@pytest.fixture(scope="session")
def bert_folder(data_home: Path) -> Path:
    return _published("bert", data_home)


@pytest.fixture(scope="session")
def gpt2(gpt2_folder: Path) -> TokenProcessor:
    return open_tokenizer(gpt2_folder)


@pytest.fixture(scope="session")
def bert(bert_folder: Path) -> TokenProcessor:
    return open_tokenizer(bert_folder)


@pytest.fixture(scope="session")
def text() -> str:
    """English and Chinese, 120,000 characters."""
    return samples()["shakespeare"][:100_000] + samples()["poems"][:20_000]


@pytest.fixture(scope="session")
def bpe(text: str) -> TokenProcessor:
    return train(BPE(size=1000), [text])


@pytest.fixture(scope="session")
def wordpiece(text: str) -> TokenProcessor:
    return train(WordPiece(size=3000), [text])


@pytest.fixture(scope="session")
def characters(text: str) -> TokenProcessor:
    return train(Characters(), [text])


def _published(name: str, data_home: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return published_folder(name)
