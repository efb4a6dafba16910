"""A model that stays where it was made while its batches move."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import WRAPPERS, Meaning
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import constant, method, names_in, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

RULE = Rule(
    "model-not-on-device",
    Text("The model is never moved to the device", "模型没有搬到 device 上"),
    Text(
        'Batches are moved with `.to({device})`, the model `{name}` never is. On a machine with a GPU the first call stops: "Expected all tensors to '
        'be on the same device"; only where the device is the CPU does it run.',
        "每个批次都用 `.to({device})` 搬了过去，模型 `{name}` 却没有。在有 GPU 的机器上，第一次前向就会报错 “Expected all tensors to be on the same "
        "device”；只有 device 恰好是 CPU 时才能跑。",
    ),
    Text(
        "`{name}.to({device})` right after it is made, before the optimiser.",
        "创建之后、建优化器之前写 `{name}.to({device})`。",
    ),
    "high",
    ("first-network",),
)
ELSEWHERE = frozenset({"accelerate", "lightning", "pytorch_lightning", "deepspeed"})
"""Libraries that move the model themselves."""


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    if m.imported & ELSEWHERE or any(
        (m.dotted(c.func) or "") in ("torch.set_default_device", "torch.set_default_tensor_type")
        for c in program.calls
    ):
        return
    moved = [d for c in program.calls if program.loops(c) and (d := _moves_data(m, c)) is not None]
    for call in program.calls:
        parent = program.parents.get(call)
        if not isinstance(parent, ast.Assign) or parent.value is not call or len(parent.targets) != 1:
            continue
        name = path_of(parent.targets[0])
        if name is None or "." in name or not m.is_model(m.made(call)):
            continue
        if program.scope_node(call) is not program.tree and not _called_here(m, call, name):
            continue
        device = moved[0] if moved and _called(m, name) else _fed(m, name)
        if device is not None and not _is_moved(m, call, name):
            yield RULE.at(program, call, names=(name,), name=name, device=device)


def _fed(m: Meaning, name: str) -> str | None:
    """The device of data that are moved once, outside of any loop, and then given to the model by their name."""
    given: set[str] = set()
    for call in m.program.calls:
        func = call.func
        if method(call) in ("generate", "forward") and isinstance(func, ast.Attribute):
            func = func.value
        if isinstance(func, ast.Name) and func.id == name:
            given |= {n for a in [*call.args, *(k.value for k in call.keywords)] for n in names_in(a)}
    for call in m.program.calls:
        parent = m.program.parents.get(call)
        if not isinstance(parent, ast.Assign) or not {path_of(t) for t in parent.targets} & given:
            continue
        if (device := _moves_data(m, call)) is not None:
            return device
    return None


def _moves_data(m: Meaning, call: ast.Call) -> str | None:
    """The device that a call moves a batch to, as written; None where it moves a model, or to the CPU."""
    if method(call) not in ("to", "cuda") or not isinstance(call.func, ast.Attribute):
        return None
    if m.is_model(m.made(call.func.value)):
        return None
    if method(call) == "cuda":
        return "'cuda'" if not call.args else ast.unparse(call.args[0])
    if not call.args:
        return None
    device = call.args[0]
    if constant(device) == "cuda":
        return "'cuda'"
    if isinstance(device, ast.Attribute) and m.is_model(m.made(device.value)):
        return None  # to where the model is: `x.to(model.device)`
    path = path_of(device)
    if path is None or "device" not in path.lower() or isinstance(device, ast.Call):
        return None
    if isinstance(device, ast.Name):
        found = m.definition(device)
        if (
            found is not None
            and found.value is not None
            and "cuda" not in ast.dump(found.value)
            and "mps" not in ast.dump(found.value)
        ):
            return None
    return path


def _called(m: Meaning, name: str) -> bool:
    """Whether a model is called with data, by its name or by that of a parameter it is handed to."""
    known = {name, *_parameters(m, name)}
    return any(
        isinstance(c.func, ast.Name) and c.func.id in known and c.args + c.keywords for c in m.program.calls
    )


def _called_here(m: Meaning, made: ast.Call, name: str) -> bool:
    scope = m.program.scope_node(made)
    return any(
        isinstance(c.func, ast.Name) and c.func.id == name and m.program.scope_node(c) is scope
        for c in m.program.calls
    )


def _parameters(m: Meaning, name: str) -> set[str]:
    found = set()
    for call in m.program.calls:
        if (
            isinstance(call.func, ast.Name)
            and (function := m.program.functions.get(call.func.id)) is not None
        ):
            places = [a.arg for a in function.args.args]
            found |= {
                places[at]
                for at, a in enumerate(call.args)
                if isinstance(a, ast.Name) and a.id == name and at < len(places)
            }
            found |= {
                k.arg for k in call.keywords if isinstance(k.value, ast.Name) and k.value.id == name and k.arg
            }
    return found


def _is_moved(m: Meaning, made: ast.Call, name: str) -> bool:
    known = {name, *_parameters(m, name)}
    its = m.made(made)
    if any(isinstance(n, ast.Call) and method(n) in ("to", "cuda") for n in ast.walk(made)):
        return True
    if its is not None and isinstance(its.cls, ast.ClassDef):
        if any(isinstance(n, ast.Call) and method(n) in ("to", "cuda") for n in ast.walk(its.cls)):
            return True
        if any("device" in (k.arg or "") for k in its.call.keywords) or any(
            "device" in x for a in its.call.args for x in names_in(a)
        ):
            return True
    if any(k.arg in ("device", "device_map") for k in made.keywords):
        return True
    for call in m.program.calls:
        moves = method(call) in ("to", "cuda", "to_empty") and isinstance(call.func, ast.Attribute)
        if moves and isinstance(call.func, ast.Attribute) and names_in(call.func.value) & known:
            return True
        if m.dotted(call.func) in WRAPPERS or (
            isinstance(call.func, ast.Name) and call.func.id not in m.program.functions
        ):
            continue
        if (
            m.dotted(call.func) is None
            and method(call) not in (None, "append", "print")
            and any(
                isinstance(a, ast.Name) and a.id in known
                for a in [*call.args, *(k.value for k in call.keywords)]
            )
        ):
            return True  # handed to a method that is not known: `engine.prepare(model)`
    for node in m.program.nodes:  # a second binding: model = something(model)
        if (
            isinstance(node, ast.Assign)
            and node.value is not made
            and any(path_of(t) == name for t in node.targets)
        ):
            return True
    return False
