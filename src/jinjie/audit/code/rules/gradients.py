"""The three calls of a training step: zero_grad, backward, step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import method, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

NEVER_ZEROED = Rule(
    "gradients-never-zeroed",
    Text("Gradients are never set to zero", "梯度从不清零"),
    Text(
        "`backward()` adds to the gradients that are there. Nothing sets them to zero, so every step follows the sum over all batches so far: "
        "steps grow, and training wanders or blows up.",
        "`backward()` 会把梯度累加到已有的值上。这里从不清零，每一步用的都是此前所有批次梯度之和：步子越来越大，训练乱走甚至发散。",
    ),
    Text(
        "`optimizer.zero_grad()` once a step, before `loss.backward()`.",
        "每一步在 `loss.backward()` 之前调用一次 `optimizer.zero_grad()`。",
    ),
    "high",
    ("backpropagation", "gradient-descent"),
)
TOO_LATE = Rule(
    "zero-grad-before-step",
    Text("Gradients are thrown away before they are used", "梯度还没用就被清掉了"),
    Text(
        "`zero_grad()` stands between `backward()` and `step()`: the optimiser sees gradients of zero (or none), and the weights never learn from the loss.",
        "`zero_grad()` 夹在 `backward()` 与 `step()` 之间：优化器看到的梯度是 0（或没有），权重根本没有按损失更新。",
    ),
    Text(
        "`optimizer.zero_grad()`, then `loss.backward()`, then `optimizer.step()`.",
        "顺序应为 `optimizer.zero_grad()`、`loss.backward()`、`optimizer.step()`。",
    ),
    "high",
    ("backpropagation", "gradient-descent"),
)
NO_STEP = Rule(
    "step-missing",
    Text("The optimiser never takes a step", "优化器从不更新参数"),
    Text(
        "Gradients are worked out by `backward()`, but `step()` is called nowhere: the weights stay as they were drawn, and the loss does not fall.",
        "`backward()` 算出了梯度，却没有任何地方调用 `step()`：权重一直停在初始值，损失不会下降。",
    ),
    Text("`optimizer.step()` after `loss.backward()`.", "在 `loss.backward()` 之后调用 `optimizer.step()`。"),
    "high",
    ("gradient-descent",),
)
NO_BACKWARD = Rule(
    "backward-missing",
    Text("No gradients are ever worked out", "从不计算梯度"),
    Text(
        "`step()` is called, but `backward()` nowhere: there are no gradients, and the step changes nothing.",
        "调用了 `step()`，却没有任何地方调用 `backward()`：没有梯度，这一步什么也不会改变。",
    ),
    Text(
        "`loss.backward()` before `optimizer.step()`.", "在 `optimizer.step()` 之前调用 `loss.backward()`。"
    ),
    "high",
    ("backpropagation",),
)


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    if "torch" not in m.imported and not any(method(c) == "zero_grad" for c in program.calls):
        return
    backwards = [
        c
        for c in program.calls
        if method(c) == "backward" and not isinstance(program.scope_node(c), ast.Lambda)
    ]
    made = [
        c
        for c in program.calls
        if (m.dotted(c.func) or "").startswith("torch.optim.") and "lr_sch" not in (m.dotted(c.func) or "")
    ]
    steps = [c for c in program.calls if method(c) == "step" and _is_optimiser(m, c)]
    by_hand = any(isinstance(n, ast.Attribute) and n.attr == "grad" for n in program.nodes)
    closure = any(c.args or c.keywords for c in steps)
    if m.imported & {"lightning", "pytorch_lightning", "deepspeed"}:
        return
    yield from _never_zeroed(m, backwards, steps, by_hand)
    for call in steps:
        yield from _thrown_away(m, call)
    looped = [c for c in backwards if program.loops(c)]
    any_step = any(
        method(c) == "step" and "sched" not in (path_of(c.func) or "").lower() for c in program.calls
    )
    if looped and made and not any_step and not by_hand and not _hands_on(m, made):
        yield NO_STEP.at(program, looped[0])
    if steps and made and not backwards and not by_hand and not closure:
        other = any(
            (m.dotted(c.func) or "").endswith("autograd.grad")
            or method(c) == "manual_backward"
            or (isinstance(c.func, ast.Name) and "backward" in c.func.id)
            for c in program.calls
        )
        looped_steps = [c for c in steps if program.loops(c) and _has_a_loss(program.loops(c)[0])]
        if looped_steps and not other:
            yield NO_BACKWARD.at(program, looped_steps[0])


def _has_a_loss(loop: ast.AST) -> bool:
    """Whether a loop works out a loss at all; one that only shows the rates of a schedule does not."""
    names = {n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return any("loss" in name.lower() for name in names)


def _is_optimiser(m: Meaning, call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    made = m.made(call.func.value)
    if made is not None:
        return made.name.startswith("torch.optim.") and "lr_scheduler" not in made.name
    name = (path_of(call.func.value) or "").split(".")[-1].lower()
    return name in ("opt", "optim", "optimizer", "optimiser")


def _hands_on(m: Meaning, made: list[ast.Call]) -> bool:
    """Whether an optimiser is given away, to a function or method that may step it."""
    names = set()
    for call in made:
        parent = m.program.parents.get(call)
        if not isinstance(parent, ast.Assign):
            return True
        names |= {p for t in parent.targets if (p := path_of(t))}
    for call in m.program.calls:
        given = [*call.args, *(k.value for k in call.keywords)]
        schedules = (m.dotted(call.func) or "").startswith("torch.optim.lr_scheduler")
        if not schedules and any(path_of(g) in names for g in given):
            return True
    return False


def _never_zeroed(
    m: Meaning, backwards: list[ast.Call], steps: list[ast.Call], by_hand: bool
) -> Iterator[Finding]:
    program = m.program
    for scope in {program.scope_node(c) for c in backwards}:
        here = [c for c in backwards if program.scope_node(c) is scope and program.loops(c)]
        its_steps = [c for c in steps if program.scope_node(c) is scope and program.loops(c)]
        if not here or not its_steps or by_hand:
            continue
        parts = [scope, *m.called(scope)]
        names = {n.attr for part in parts for n in ast.walk(part) if isinstance(n, ast.Attribute)}
        if isinstance(scope, ast.Module):
            names |= {method(c) or "" for c in program.calls}
        if not names & {"zero_grad", "zero_", "grad"}:
            yield NEVER_ZEROED.at(program, here[0])


def _thrown_away(m: Meaning, step: ast.Call) -> Iterator[Finding]:
    """`backward`, `zero_grad`, `step` in this order in one list of statements."""
    program = m.program
    assert isinstance(step.func, ast.Attribute)
    statement = program.statement(step)
    parent = program.parents.get(statement)
    body = next(
        (
            b
            for b in (getattr(parent, "body", None), getattr(parent, "orelse", None))
            if isinstance(b, list) and statement in b
        ),
        None,
    )
    if body is None or not isinstance(statement, ast.Expr):
        return
    zeroed: ast.Call | None = None
    for earlier in reversed(body[: body.index(statement)]):
        call = earlier.value if isinstance(earlier, ast.Expr) else None
        if isinstance(call, ast.Call) and method(call) == "zero_grad":
            assert isinstance(call.func, ast.Attribute)
            zeroed = call if ast.dump(call.func.value) == ast.dump(step.func.value) else zeroed
        elif any(isinstance(n, ast.Call) and method(n) == "backward" for n in ast.walk(earlier)):
            if zeroed is not None and line_of(zeroed) > line_of(earlier):
                yield TOO_LATE.at(program, zeroed)
            return
