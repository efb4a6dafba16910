"""Which formulas there are: the ids, names and places of all of them, read in milliseconds and without pydantic.

`scratch/networks/optimizers.toml` holds the formulas of `scratch/networks/optimizers.py`; `registry` reads them whole.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from jinjie.base.words import Text

_HEADING = re.compile(r"^\[(?P<id>[a-z0-9-]+)\]\n(?P<name>name = \{.*\})$", re.MULTILINE)
GROUPS = {
    "foundations": Text("Foundations", "基础"),
    "networks": Text("Neural networks", "神经网络"),
    "autograd": Text("Automatic differentiation", "自动微分"),
    "vision": Text("Pictures", "图像"),
    "sequences": Text("Sequences and speech", "序列与语音"),
    "language": Text("Language", "语言"),
    "transformers": Text("Attention and Transformers", "注意力与 Transformer"),
    "scale": Text("Training at scale", "规模化训练"),
    "compression": Text("Compression and adaptation", "压缩与适配"),
    "responsibility": Text("Interpretability and privacy", "可解释性与隐私"),
}
"""The folders of `jinjie.scratch`, in the order of the climb."""


@dataclass(frozen=True)
class Heading:
    """What a list says of a formula."""

    id: str
    name: Text
    subject: str


@cache
def headings() -> Mapping[str, Heading]:
    """All formulas by id, in the order of their groups and files, as far as a list needs them: read in milliseconds,
    once a process.

    An entry begins with its id and its name, each on a line of its own.
    """
    found: dict[str, Heading] = {}
    for subject, file in files():
        for match in _HEADING.finditer(file.read_text(encoding="utf-8")):
            id_, name = match["id"], tomllib.loads(match["name"])["name"]
            if id_ in found:
                raise ValueError(f"{subject}: the id {id_} is taken by {found[id_].subject}")
            found[id_] = Heading(id_, Text(**name), subject)
    return MappingProxyType(found)


def search(words: str) -> list[Heading]:
    """The formulas whose id, name or subject contains every one of `words`, in either language."""
    wanted = words.casefold().split()
    return [heading for heading in headings().values() if all(word in _searched(heading) for word in wanted)]


def _searched(heading: Heading) -> str:
    return " ".join((heading.id, heading.name.en, heading.name.zh, heading.subject)).casefold()


@cache
def files() -> tuple[tuple[str, Traversable], ...]:
    """Every file of formulas with its subject, groups in the order of the climb.

    Asked of the package above: to import `jinjie.scratch` would import NumPy, which a list has no need of.
    """
    groups = list(GROUPS)
    found = dict(_below(resources.files("jinjie").joinpath("scratch")))
    order = sorted(found, key=lambda subject: (groups.index(subject.partition(".")[0]), subject))
    return tuple((subject, found[subject]) for subject in order)


def _below(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}.")
        elif entry.name.endswith(".toml"):
            yield prefix + entry.name.removesuffix(".toml"), entry
