import math
from collections.abc import Sequence


class Value:
    """A number that remembers how it was made.

    data     the number itself
    parents  the values that it was made of; none for an input
    slopes   for each parent, by how much this number rises when the parent rises by 1: the local slope
    grad     by how much the result rises when this number rises by 1; right once `backward` was called on the result
    """

    def __init__(
        self, data: float, parents: tuple["Value", ...] = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.data, self.parents, self.slopes = data, parents, slopes
        self.grad = 0.0

    def __add__(self, other: "Value") -> "Value":
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: "Value") -> "Value":
        """The product, with both local slopes."""
        raise NotImplementedError

    def tanh(self) -> "Value":
        """The bend. The number is there; its local slope is missing."""
        return Value(math.tanh(self.data), (self,))

    def backward(self) -> None:
        """Called on the result: sets the `grad` of every value that it was made of."""
        raise NotImplementedError


def slopes(program: Sequence[tuple], inputs: Sequence[float]) -> tuple[float, list[float]]:
    """Runs a program, then `backward`: the result, and the gradient of each input. Written for you.

    Values are numbered: first the inputs, then one for each line of the program, the last of which is the result.
    ("mul", 0, 2) multiplies values 0 and 2, ("add", 1, 1) adds value 1 to itself, ("tanh", 3) bends value 3.
    """
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
