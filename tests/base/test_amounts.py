"""Counts, sizes and times as people write them."""

import time

import pytest

from jinjie.base import words
from jinjie.base.amounts import ago, count, duration, large, size


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0.42, "0.4 s", "0.4 秒"),
        (42, "42 s", "42 秒"),
        (200, "3 min 20 s", "3 分 20 秒"),
        (3599.6, "1 h 00 min", "1 小时 00 分"),
        (3900, "1 h 05 min", "1 小时 05 分"),
        (7 * 86_400 + 9000, "7 days 2 h", "7 天 2 小时"),
        (192.4 * 86_400, "192 days", "192 天"),
        (3.14e23 / 448e9, "22,000 years", "22,000 年"),
    ],
)
def test_times_in_both_languages(seconds: float, en: str, zh: str) -> None:
    assert duration(seconds) == en
    words.use("zh")
    assert duration(seconds) == zh


def test_how_long_ago_in_its_largest_unit() -> None:
    now = time.time()
    assert [ago(now - s) for s in (5, 600, 7200, 200_000)] == [
        "5 s ago",
        "10 min ago",
        "2 h ago",
        "2 days ago",
    ]
    assert ago(now + 60) == "0 s ago"  # a clock that was set back


def test_counts_and_sizes() -> None:
    assert [count(n) for n in (7, 1234, 1_234_567, 2e9)] == ["7", "1.23k", "1.23M", "2G"]
    assert [size(n) for n in (999, 1500, 85_464_664, 2e9)] == ["999 B", "1.5 KB", "85.5 MB", "2 GB"]


@pytest.mark.parametrize(
    ("number", "en", "zh"),
    [
        (812, "810", "810"),
        (3_462_144, "3.5 million", "350 万"),
        (12_650_000_000, "13 billion", "130 亿"),
        (1.0e9, "1 billion", "10 亿"),
        (176e9, "180 billion", "1800 亿"),
    ],
)
def test_large_numbers_as_each_language_counts(number: float, en: str, zh: str) -> None:
    assert large(number) == en
    words.use("zh")
    assert large(number) == zh
