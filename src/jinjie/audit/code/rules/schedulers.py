"""Schedulers of the learning rate: never stepped, stepped too early, stepped in the wrong loop."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, keyword, method, names_in, path_of
from jinjie.audit.finding import Finding, Severity
from jinjie.base.words import Text

NEVER = Rule(
    "scheduler-never-stepped",
    Text("The schedule is made and never stepped", "建了学习率调度器，却从不调用 step()"),
    Text(
        "`{name}` is made, but nowhere is `{name}.step()` called: the learning rate stays what it was at the start, and the schedule has no effect.",
        "只创建了 `{name}`，却没有任何地方调用 `{name}.step()`：学习率自始至终不变，这个调度器形同虚设。",
    ),
    Text(
        "`{name}.step()` once an epoch (or once a batch, as the schedule asks), after `optimizer.step()`.",
        "每轮结束（或按调度器要求每批之后）、在 `optimizer.step()` 之后调用 `{name}.step()`。",
    ),
    "medium",
    ("optimizers",),
)
EARLY = Rule(
    "scheduler-before-optimizer",
    Text("The scheduler is stepped before the optimiser", "调度器先于优化器 step"),
    Text(
        "`{name}.step()` comes before `optimizer.step()`, so the first value of the schedule is skipped: the first step is taken with the "
        "second rate already. PyTorch warns about this order.",
        "`{name}.step()` 写在了 `optimizer.step()` 前面，调度的第一个学习率被跳过，第一步用的已经是第二个值。PyTorch 对这种顺序会给出警告。",
    ),
    Text("First `optimizer.step()`, then `{name}.step()`.", "先 `optimizer.step()`，再 `{name}.step()`。"),
    "medium",
    ("optimizers",),
)
WRONG_LOOP = Rule(
    "scheduler-in-wrong-loop",
    Text("The scheduler is stepped in the wrong loop", "调度器放错了循环"),
    Text(
        "`{name}` is made to count {counts}, but is stepped once {stepped}: the schedule runs its course at another speed than was meant.",
        "`{name}` 是按{counts}计数的，却每{stepped}调用一次 step()：学习率变化的快慢与设计完全不同。",
    ),
    Text("Step it in the loop that it counts.", "把 step() 放到它所计数的那一层循环里。"),
    "medium",
    ("optimizers",),
)
_MADE = re.compile(r"^(torch\.optim\.lr_scheduler\.\w+|transformers\.(optimization\.)?get_\w*schedule\w*)$")


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    for call in program.calls:
        full = m.dotted(call.func)
        if full is None or not _MADE.match(full) or m.is_lightning(program.class_of(call)):
            continue
        parent = program.parents.get(call)
        if not isinstance(parent, ast.Assign) or len(parent.targets) != 1:
            continue
        name = path_of(parent.targets[0])
        if name is None:
            continue
        steps = [c for c in program.calls if method(c) == "step" and _same(path_of(c.func), name)]
        if not steps:
            if not _goes_elsewhere(m, name, parent):
                yield NEVER.at(program, call, severity=_gravity(m, call), names=(name,), name=name)
            continue
        makings = _makings(m, name)
        for step in steps:
            nearest = max((line for line in makings if line < line_of(step)), default=line_of(parent))
            if nearest != line_of(parent):
                continue  # a step of another that has the same name
            yield from _order(m, name, full, call, step)


def _gravity(m: Meaning, made: ast.Call) -> Severity:
    """A schedule that is never stepped: grave beside a training, minor where it is only one more that is shown."""
    block = m.program.block_of(made)
    stepped = [c for c in m.program.calls if method(c) == "step"]
    if any(m.program.block_of(c) is block for c in stepped):
        return "high"
    shown = any("sched" in (path_of(c.func) or "") for c in stepped)
    return "low" if shown else "high" if stepped else "medium"


def _makings(m: Meaning, name: str) -> list[int]:
    """The lines that give the name to a scheduler."""
    return [
        line_of(node)
        for node in m.program.nodes
        if isinstance(node, ast.Assign)
        and path_of(node.targets[0]) == name
        and isinstance(node.value, ast.Call)
        and _MADE.match(m.dotted(node.value.func) or "")
    ]


def _same(called: str | None, name: str) -> bool:
    return called is not None and called.rsplit(".", 1)[0].split(".")[-1] == name.split(".")[-1]


def _goes_elsewhere(m: Meaning, name: str, made: ast.Assign) -> bool:
    """Whether the scheduler is handed on (returned, passed, stored), so that others may step it."""
    last = name.split(".")[-1]
    for node in m.program.nodes:
        if isinstance(node, ast.Name) and node.id == last and isinstance(node.ctx, ast.Load):
            parent = m.program.parents[node]
            if not isinstance(parent, ast.Attribute) and isinstance(
                parent,
                ast.keyword
                | ast.Call
                | ast.Return
                | ast.Tuple
                | ast.List
                | ast.Dict
                | ast.Assign
                | ast.Starred,
            ):
                return True
        if (
            "." in name
            and isinstance(node, ast.Attribute)
            and node.attr == last
            and isinstance(node.ctx, ast.Load)
        ) and not isinstance(m.program.parents[node], ast.Attribute):
            return True
    return "." in name and m.program.class_of(made) is None


def _order(m: Meaning, name: str, full: str, made: ast.Call, step: ast.Call) -> Iterator[Finding]:
    program = m.program
    loops = program.loops(step)
    if not loops:
        return
    optimisers = [
        c for c in program.calls if method(c) == "step" and _optimiser(m, c) and loops[0] in program.loops(c)
    ]
    conditional = any(isinstance(a, ast.If | ast.Try) for a in _between(m, step, loops[0]))
    if optimisers and not conditional and all(line_of(step) < line_of(c) for c in optimisers):
        yield EARLY.at(program, step, names=(name,), name=name)
    inner = [c for c in optimisers if program.loops(c) and program.loops(c)[0] is not loops[0]]
    kind = full.rsplit(".", 1)[1]
    if (
        kind == "OneCycleLR"
        and keyword(made, "steps_per_epoch") is not None
        and optimisers
        and len(inner) == len(optimisers)
    ):
        says = Text(*(_told(lang, "batches", "an epoch", "批次", "轮") for lang in ("en", "zh")))
        yield WRONG_LOOP.at(program, step, names=(name,), name=name, says=says)
    most = argument(made, 1, "T_max")
    if (
        (
            kind == "CosineAnnealingLR"
            and most is not None
            and len(loops) >= 2
            and not inner
            and optimisers
            and not conditional
        )
        and any("epoch" in n.lower() for n in names_in(most))
        and isinstance(most, ast.Name)
    ):
        says = Text(*(_told(lang, "epochs", "a batch", "轮次", "批") for lang in ("en", "zh")))
        yield WRONG_LOOP.at(program, step, names=(name,), name=name, says=says)


def _told(lang: str, counts_en: str, stepped_en: str, counts_zh: str, stepped_zh: str) -> str:
    text = WRONG_LOOP.says.zh if lang == "zh" else WRONG_LOOP.says.en
    counts, stepped = (counts_zh, stepped_zh) if lang == "zh" else (counts_en, stepped_en)
    return text.replace("{counts}", counts).replace("{stepped}", stepped)


def _between(m: Meaning, node: ast.AST, loop: ast.AST) -> Iterator[ast.AST]:
    for around in m.program.up(node):
        if around is loop:
            return
        yield around


def _optimiser(m: Meaning, call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    made = m.made(call.func.value)
    if made is not None:
        return made.name.startswith("torch.optim.") and "lr_scheduler" not in made.name
    path = (path_of(call.func.value) or "").split(".")[-1].lower()
    return path in ("opt", "optim", "optimizer", "optimiser")
