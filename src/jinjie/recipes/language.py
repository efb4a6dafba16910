"""Language models: on the characters of Shakespeare and of Tang poems, and on the tokens of both.

Their sizes are GPT-2's shape made small, with the rate, length and batch that suit each, and GPT-2's own four. The
smallest on Shakespeare has newer blocks, since they learn as much in a fraction of the time.
"""

from typing import Any

from jinjie.base.words import Text
from jinjie.data import mix, poems, text
from jinjie.models import gpt
from jinjie.tasks import language
from jinjie.training.optim import Muon
from jinjie.training.recipe import Budget, Recipe
from jinjie.training.schedule import Cosine

STAGE = 4


def gpt2_sizes(*rates: float) -> dict[str, dict[str, Any]]:
    """GPT-2's four shapes (Radford et al. 2019, table 2), each with its learning rate.

    For machines that have the time: `jinjie show RECIPE size=gpt2-xl` says how much that is here.
    """
    shapes = {"": (12, 12, 768), "-medium": (24, 16, 1024), "-large": (36, 20, 1280), "-xl": (48, 25, 1600)}
    return {
        f"gpt2{name}": {
            "model.layers": layers,
            "model.heads": heads,
            "model.width": width,
            "model.block": 1024,
            "data.block": 1024,
            "model.dropout": 0.1,
            "budget.batch": 32,
            "budget.accumulate": 32,
            "budget.steps": 10_000,
            "optimizer.lr": rate,
        }
        for (name, (layers, heads, width)), rate in zip(shapes.items(), rates, strict=True)
    }


QUICK: dict[str, Any] = {
    "model.layers": 2,
    "model.heads": 4,
    "model.width": 128,
    "model.block": 32,
    "model.positions": "rotary",
    "model.norm": "rmsnorm",
    "model.qk_norm": True,
    "model.activation": "silu",
    "model.gated": True,
    "model.feedforward": 344,
    "model.bias": False,
    "model.tied": False,
    "data.block": 32,
    "optimizer.kind": "muon",
    "optimizer.lr": 0.02,
    "optimizer.adam_lr": 4e-3,
    "schedule.warmup": 20,
    "budget.batch": 24,
    "budget.steps": 450,
}
"""What beats nanoGPT's CPU setting soonest: Qwen3's blocks, few and short, and Muon (benchmarks/reports/quality.md)."""

GPT2: dict[str, Any] = {
    "model.positions": "learned",
    "model.norm": "layernorm",
    "model.qk_norm": False,
    "model.activation": "gelu-tanh",
    "model.gated": False,
    "model.feedforward": None,
    "model.bias": True,
    "model.tied": True,
    "optimizer.kind": "adamw",
    "schedule.warmup": 100,
}
"""GPT-2's blocks, trained as they were."""


RECIPES = [
    Recipe(
        name="gpt-shakespeare",
        title=Text(en="A GPT that writes Shakespeare, letter by letter", zh="逐字母写莎士比亚的 GPT"),
        teaches=Text(
            en="A complete GPT: tokens, causal attention, next-token loss, and text that grows out of noise.",
            zh="完整的 GPT：词元、因果注意力、预测下一个词元的损失，以及从噪声里长出来的文字。",
        ),
        expect=Text(
            en="Validation loss about 1.9 nats a character; lines that look like a play, with invented words.",
            zh="验证损失约为每字符 1.9 奈特；文字像剧本，夹着生造的词。",
        ),
        data=text.Config(block=32),
        model=gpt.Config(
            block=32,
            layers=2,
            heads=4,
            width=128,
            positions="rotary",
            norm="rmsnorm",
            qk_norm=True,
            activation="silu",
            gated=True,
            feedforward=344,
            bias=False,
            tied=False,
            dropout=0.0,
        ),
        task=language.Config(prompts=("ROMEO:", ""), sample_tokens=200),
        optimizer=Muon(lr=0.02, adam_lr=4e-3),
        schedule=Cosine(warmup=20, final=0.1),
        budget=Budget(steps=450, batch=24, clip=1.0, evaluate_batches=20),
        size="tiny",
        sizes={
            "tiny": QUICK,
            "small": {
                **GPT2,
                "model.layers": 6,
                "model.heads": 6,
                "model.width": 192,
                "model.positions": "rotary",
                "model.block": 128,
                "data.block": 128,
                "optimizer.kind": "muon",
                "optimizer.lr": 0.02,
                "optimizer.adam_lr": 1e-3,
                "budget.batch": 16,
                "budget.steps": 3000,
            },
            "medium": {
                **GPT2,
                "model.layers": 6,
                "model.heads": 6,
                "model.width": 384,
                "model.block": 256,
                "data.block": 256,
                "budget.batch": 32,
                "budget.steps": 5000,
                "model.dropout": 0.2,
                "optimizer.lr": 6e-4,
            },
            "large": {
                **GPT2,
                "model.layers": 8,
                "model.heads": 8,
                "model.width": 512,
                "model.block": 256,
                "data.block": 256,
                "budget.batch": 32,
                "budget.steps": 6000,
                "model.dropout": 0.2,
                "optimizer.lr": 4e-4,
            },
            **{name: {**GPT2, **size} for name, size in gpt2_sizes(3e-4, 2e-4, 2e-4, 1.5e-4).items()},
        },
    ),
    Recipe(
        name="gpt-poems",
        title=Text(en="A GPT that writes Tang poems", zh="写唐诗的 GPT"),
        teaches=Text(
            en="Watch noise become verse: first common characters, then lines of five and seven, then couplets that answer each other.",
            zh="看噪声变成诗句：先学会常用字，再学会五言七言的断句，最后学会上下句呼应。",
        ),
        expect=Text(
            en="Lines of equal length with rhyme-like endings; titles and poems that share a subject.",
            zh="句子长短整齐，句尾略有押韵；题目与诗句说的是同一件事。",
        ),
        data=poems.Config(block=128),
        model=gpt.Config(block=128, layers=4, heads=4, width=128, dropout=0.0),
        task=language.Config(prompts=("", "月"), sample_tokens=100),
        optimizer=Muon(lr=0.02, adam_lr=1e-3),
        schedule=Cosine(warmup=100, final=0.1),
        budget=Budget(steps=1500, batch=16, clip=1.0, evaluate_batches=20),
        size="tiny",
        sizes={
            "tiny": {"model.layers": 4, "model.heads": 4, "model.width": 128, "budget.steps": 1500},
            "small": {
                "model.layers": 6,
                "model.heads": 6,
                "model.width": 192,
                "model.dropout": 0.1,
                "budget.batch": 32,
                "budget.steps": 3500,
            },
            "medium": {
                "model.layers": 8,
                "model.heads": 6,
                "model.width": 384,
                "model.dropout": 0.2,
                "budget.batch": 32,
                "budget.steps": 6000,
                "optimizer.lr": 0.015,
            },
            "large": {
                "model.layers": 12,
                "model.heads": 8,
                "model.width": 512,
                "model.dropout": 0.3,
                "budget.batch": 64,
                "budget.steps": 6000,
                "optimizer.lr": 0.01,
            },
            **gpt2_sizes(0.01, 0.008, 0.006, 0.005),
        },
    ),
    Recipe(
        name="gpt-mix",
        title=Text(en="A GPT for English and Chinese", zh="中英双语的 GPT"),
        teaches=Text(
            en="Tokens instead of characters: byte-level BPE that cannot meet an unknown one, documents packed into windows without seeing each other, and bits per byte, which compare where losses do not.",
            zh="用词元代替字符：字节级 BPE 不会遇到生词；多篇文档拼进一个窗口却互不可见；还有每字节比特数，分词不同时损失不可比，它可比。",
        ),
        expect=Text(
            en="About 2.2 bits a byte on unseen text; sentences that sound like plays and lines that look like poems, each in its own language.",
            zh="没见过的文本上约为每字节 2.2 比特；英文读来像剧本，中文有了诗的样子，两种语言各归各的。",
        ),
        data=mix.Config(block=256),
        model=gpt.Config(block=256, layers=4, heads=4, width=96, dropout=0.0),
        task=language.Config(prompts=("ROMEO.", "月"), sample_tokens=100),
        optimizer=Muon(lr=0.02, adam_lr=2e-3),
        schedule=Cosine(warmup=100, final=0.1),
        budget=Budget(steps=2000, batch=8, clip=1.0, evaluate_batches=20),
        size="tiny",
        sizes={
            "tiny": {"model.layers": 4, "model.heads": 4, "model.width": 96, "budget.steps": 2000},
            "small": {
                "model.layers": 6,
                "model.heads": 6,
                "model.width": 192,
                "budget.batch": 16,
                "budget.steps": 4000,
            },
            "medium": {
                "model.layers": 8,
                "model.heads": 6,
                "model.width": 384,
                "model.dropout": 0.1,
                "budget.batch": 32,
                "budget.steps": 5000,
                "optimizer.lr": 0.015,
            },
            "large": {
                "model.layers": 12,
                "model.heads": 8,
                "model.width": 512,
                "model.dropout": 0.2,
                "budget.batch": 32,
                "budget.steps": 6000,
                "optimizer.lr": 0.01,
            },
            **gpt2_sizes(0.01, 0.008, 0.006, 0.005),
        },
    ),
]
