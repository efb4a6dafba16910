"""What stands last in a network (a softmax, a sigmoid, a plain linear layer), followed through layers and functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from jinjie.audit.code.meaning import DEPTH, Made, Meaning, method_of, returns
from jinjie.audit.code.syntax import argument, constant, keyword, path_of

ACTIVATIONS = {
    "torch.softmax": "softmax",
    "torch.nn.functional.softmax": "softmax",
    "torch.special.softmax": "softmax",
    "torch.nn.Softmax": "softmax",
    "torch.nn.Softmax2d": "softmax",
    "tensorflow.nn.softmax": "softmax",
    "keras.activations.softmax": "softmax",
    "keras.ops.softmax": "softmax",
    "keras.layers.Softmax": "softmax",
    "tensorflow.compat.v1.nn.softmax": "softmax",
    "tensorflow.math.softmax": "softmax",
    "torch.log_softmax": "log_softmax",
    "torch.nn.functional.log_softmax": "log_softmax",
    "torch.nn.LogSoftmax": "log_softmax",
    "tensorflow.nn.log_softmax": "log_softmax",
    "torch.sigmoid": "sigmoid",
    "torch.nn.functional.sigmoid": "sigmoid",
    "torch.nn.Sigmoid": "sigmoid",
    "torch.special.expit": "sigmoid",
    "tensorflow.sigmoid": "sigmoid",
    "tensorflow.nn.sigmoid": "sigmoid",
    "tensorflow.math.sigmoid": "sigmoid",
    "tensorflow.compat.v1.sigmoid": "sigmoid",
    "keras.activations.sigmoid": "sigmoid",
    "keras.ops.sigmoid": "sigmoid",
    "torch.relu": "relu",
    "torch.nn.functional.relu": "relu",
    "torch.nn.ReLU": "relu",
    "tensorflow.nn.relu": "relu",
    "keras.activations.relu": "relu",
    "keras.layers.ReLU": "relu",
    "torch.tanh": "tanh",
    "torch.nn.Tanh": "tanh",
    "torch.nn.functional.tanh": "tanh",
    "tensorflow.tanh": "tanh",
    "tensorflow.nn.tanh": "tanh",
}
"""Activations by their full names; `linear` and None are what else `Outputs.of` answers."""
LINEAR = frozenset(
    {
        "torch.nn.Linear",
        "torch.nn.Conv1d",
        "torch.nn.Conv2d",
        "torch.nn.Conv3d",
        "torch.nn.Bilinear",
        "torch.nn.LazyLinear",
        "torch.nn.functional.linear",
        "tensorflow.matmul",
    }
)
DENSE = frozenset(
    {
        "keras.layers.Dense",
        "keras.layers.Conv2D",
        "keras.layers.Conv1D",
        "keras.layers.core.Dense",
        "tensorflow.layers.dense",
        "tensorflow.contrib.layers.fully_connected",
        "tensorflow.compat.v1.layers.dense",
    }
)
"""Layers with an argument `activation`."""
SEQUENTIALS = ("torch.nn.Sequential", "keras.Sequential", "keras.models.Sequential")
FUNCTIONAL = ("keras.Model", "keras.models.Model")
SHAPES = frozenset(
    {
        "squeeze",
        "unsqueeze",
        "view",
        "reshape",
        "flatten",
        "to",
        "float",
        "double",
        "cuda",
        "cpu",
        "contiguous",
        "permute",
        "transpose",
        "type",
        "requires_grad_",
        "clone",
        "T",
        "view_as",
        "squeeze_",
    }
)
"""What changes the shape or the type and no value."""


@dataclass(frozen=True)
class Last:
    """What stands last: its kind, and where it is written."""

    kind: str
    node: ast.AST


class Outputs:
    """Answers what an expression's last operation is."""

    def __init__(self, meaning: Meaning) -> None:
        self.m = meaning

    def of(self, node: ast.AST | None, depth: int = DEPTH) -> Last | None:
        """What an expression's values come out of; None when it cannot be followed."""
        if node is None or depth <= 0:
            return None
        if isinstance(node, ast.Name):
            found = self.m.definition(node)
            if found is None or found.value is None:
                return None
            if found.how == "assign":
                return self.of(found.value, depth - 1)
            if found.how == "unpack" and isinstance(found.value, ast.Call):
                return self._call(found.value, depth - 1, found.index)
            return None
        if isinstance(node, ast.Call):
            return self._call(node, depth, None)
        if isinstance(node, ast.Subscript):
            if isinstance(node.value, ast.Call) and isinstance(constant(node.slice), int):
                return None
            return self.of(node.value, depth - 1) if _whole(node.slice) else None
        if isinstance(node, ast.Attribute) and node.attr == "T":
            return self.of(node.value, depth - 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            return Last("linear", node)
        return None

    def _call(self, call: ast.Call, depth: int, index: int | None) -> Last | None:
        full = self.m.dotted(call.func)
        if full in ACTIVATIONS and full is not None and full.rsplit(".", 1)[1][0].islower():
            return Last(ACTIVATIONS[full], call) if index is None else None
        if full in LINEAR and full is not None and full.rsplit(".", 1)[1][0].islower():
            return Last("linear", call)
        if full in DENSE and full is not None and full.rsplit(".", 1)[1][0].islower():
            return self.layer(Made(call, full), depth)
        if isinstance(call.func, ast.Attribute) and full is None:
            name, whole = call.func.attr, call.func.value
            if name in ("softmax", "log_softmax", "sigmoid") and not self._own(call.func):
                return Last(name, call) if index is None else None
            if name in SHAPES:
                return self.of(whole, depth - 1)
            if name == "forward":
                return self.model(self.m.made(whole, depth - 1), depth - 1, index)
            owner = self.m.owner(whole, depth - 1)
            if owner is not None and (function := method_of(owner, name)) is not None:
                return self._returned(function, depth - 1, index)
        if isinstance(call.func, ast.Name) and call.func.id in self.m.program.functions:
            return self._returned(self.m.program.functions[call.func.id], depth - 1, index)
        made = self.m.made(call.func, depth - 1)
        if made is not None and made.name in ACTIVATIONS:  # where it is applied, not where it was made
            return Last(ACTIVATIONS[made.name], call)
        return self.model(made, depth - 1, index)

    def _own(self, func: ast.Attribute) -> bool:
        """Whether `self.softmax` is an attribute that the class binds."""
        owner = self.m.owner(func.value)
        return owner is not None and (
            func.attr in self.m.attributes(owner) or method_of(owner, func.attr) is not None
        )

    def _returned(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, depth: int, index: int | None
    ) -> Last | None:
        found: list[Last | None] = []
        for value in returns(function):
            if isinstance(value, ast.Tuple):
                if index is None:
                    return None
                value = value.elts[index] if index < len(value.elts) else value
            elif index is not None and not isinstance(value, ast.Call):
                return None
            found.append(self.of(value, depth - 1))
        kinds = {last.kind if last else None for last in found}
        return found[0] if len(kinds) == 1 and found else None

    def model(self, made: Made | None, depth: int, index: int | None = None) -> Last | None:
        """What a network gives when it is called."""
        if made is None or depth <= 0:
            return None
        if isinstance(made.cls, ast.ClassDef):
            name = (
                "forward"
                if self.m.is_torch_module(made.cls)
                else "call"
                if self.m.is_keras_class(made.cls)
                else None
            )
            function = method_of(made.cls, name) if name else None
            return self._returned(function, depth - 1, index) if function is not None else None
        if made.cls.startswith("torchvision.models."):
            return self.of_layer(self._head(made.call), depth - 1)
        if made.cls in SEQUENTIALS:
            return self._sequence(made, depth)
        if made.cls in FUNCTIONAL:
            given = argument(made.call, 1, "outputs", "output")
            return self.of(given, depth - 1)
        return self.layer(made, depth)

    def of_layer(self, node: ast.expr | None, depth: int = DEPTH) -> Last | None:
        """What a layer gives, by the expression that it is."""
        return self.model(self.m.made(node, depth - 1), depth - 1) if node is not None else None

    def _head(self, call: ast.Call) -> ast.expr | None:
        """What is put in place of the last layer of a ready-made network: `net.fc = …`."""
        parent = self.m.program.parents.get(call)
        if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Name):
            return None
        name, scope = parent.targets[0].id, self.m.program.scope_node(call)
        for node in self.m.program.nodes:
            if isinstance(node, ast.Assign) and self.m.program.scope_node(node) is scope:
                target = node.targets[0]
                if isinstance(target, ast.Subscript) and constant(target.slice) == -1:
                    target = target.value
                if path_of(target) in (f"{name}.fc", f"{name}.classifier", f"{name}.head"):
                    return node.value
        return None

    def _sequence(self, made: Made, depth: int) -> Last | None:
        layers: list[ast.expr] = list(made.call.args)
        if made.name != "torch.nn.Sequential":
            first = argument(made.call, 0, "layers")
            layers = list(first.elts) if isinstance(first, ast.List | ast.Tuple) else []
            if first is not None and not layers:
                return None
            layers += self._added(made.call)
        if not layers or isinstance(layers[-1], ast.Starred):
            return None
        if (
            len(layers) == 1
            and isinstance(layers[0], ast.Call)
            and self.m.dotted(layers[0].func) == "collections.OrderedDict"
        ):
            pairs = layers[0].args[0] if layers[0].args else None
            if not isinstance(pairs, ast.List) or not pairs.elts or not isinstance(pairs.elts[-1], ast.Tuple):
                return None
            layers = [pairs.elts[-1].elts[-1]]
        for at in range(len(layers) - 1, -1, -1):
            last = self.m.made(layers[at], depth - 1)
            if last is None:
                return None
            if last.name in (
                "torch.nn.Flatten",
                "torch.nn.Unflatten",
                "torch.nn.Dropout",
                "keras.layers.Dropout",
                "torch.nn.Identity",
            ):
                continue
            found = self.model(last, depth - 1)
            return Last(found.kind, layers[at]) if found is not None else None
        return None

    def _added(self, call: ast.Call) -> list[ast.expr]:
        """Layers that `model.add(…)` adds to what a call made."""
        parent = self.m.program.parents.get(call)
        if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Name):
            return []
        name, scope = parent.targets[0].id, self.m.program.scope_node(call)
        found = []
        for other in self.m.program.calls:
            func = other.func
            adds = isinstance(func, ast.Attribute) and func.attr == "add" and path_of(func.value) == name
            if adds and other.args and self.m.program.scope_node(other) is scope:
                found.append(other.args[0])
        return found

    def layer(self, made: Made, depth: int) -> Last | None:
        """What a single layer gives."""
        name = made.name
        if name in ACTIVATIONS:
            return Last(ACTIVATIONS[name], made.call)
        if name in LINEAR:
            return Last("linear", made.call)
        if name == "keras.layers.Activation":
            return self._named(argument(made.call, 0, "activation"), made.call)
        if name in DENSE:
            given = keyword(made.call, "activation")
            at = {"keras.layers.Dense": 1, "keras.layers.core.Dense": 1, "tensorflow.layers.dense": 2}.get(
                name
            )
            if given is None and at is not None:
                given = argument(made.call, at, "activation")
            if name.endswith("fully_connected"):
                return None
            return Last("linear", made.call) if given is None else self._named(given, made.call)
        return None

    def _named(self, given: ast.expr | None, node: ast.AST) -> Last | None:
        value = constant(given)
        if isinstance(value, str):
            return Last(value, node) if value in ("softmax", "sigmoid", "relu", "tanh", "linear") else None
        if value is None:
            return Last("linear", node)
        full = self.m.dotted(given) if given is not None else None
        return Last(ACTIVATIONS[full], node) if full in ACTIVATIONS and full is not None else None


def _whole(index: ast.AST) -> bool:
    """Whether an index leaves the last axis whole, as far as can be seen: `[:, -1, :]`, `[mask]`."""
    if isinstance(index, ast.Tuple):
        last = index.elts[-1]
        return isinstance(last, ast.Slice) and last.lower is None and last.upper is None
    return False
