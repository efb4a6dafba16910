"""The result's own gradient stays 0, so nothing has anything to pass on."""

import math
from collections.abc import Sequence


class Value:
    def __init__(
        self, data: float, parents: tuple["Value", ...] = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.data, self.parents, self.slopes = data, parents, slopes
        self.grad = 0.0

    def __add__(self, other: "Value") -> "Value":
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value") -> "Value":
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self) -> "Value":
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y * y,))

    def backward(self) -> None:
        for value in reversed(self.in_order()):
            for parent, slope in zip(value.parents, value.slopes, strict=True):
                parent.grad += slope * value.grad

    def in_order(self) -> list["Value"]:
        order, seen = [], set()

        def visit(value: Value) -> None:
            if value not in seen:
                seen.add(value)
                for parent in value.parents:
                    visit(parent)
                order.append(value)

        visit(self)
        return order


def slopes(program: Sequence[tuple], inputs: Sequence[float]) -> tuple[float, list[float]]:
    values = [Value(x) for x in inputs]
    for operation, *at in program:
        picked = [values[i] for i in at]
        if operation == "add":
            values.append(picked[0] + picked[1])
        elif operation == "mul":
            values.append(picked[0] * picked[1])
        else:
            values.append(picked[0].tanh())
    values[-1].backward()
    return values[-1].data, [value.grad for value in values[: len(inputs)]]
