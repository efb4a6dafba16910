"""The GPT that ships with Jinjie, as arrays: real weights for the formulas of this folder.

It was trained by the engine on Tang poems (`models/packaged/poems/README.md`) and lies in GPT-2's layout: queries, keys
and values in one matrix, weights on the right as here. T tokens, C = 192 channels, H = 6 heads of D = 32, 6 layers.
"""

import functools
import json
import math
from pathlib import Path

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.networks.activations import gelu_tanh
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.attention import causal_mask
from jinjie.scratch.transformers.gpt import GPT, gpt_logits
from jinjie.scratch.transformers.layer import FeedForward, Layer, Norm, pre_norm_layer
from jinjie.scratch.transformers.multi_head import Attention, split_heads
from jinjie.scratch.transformers.positions import learned_positions

FOLDER = Path(__file__).parents[2] / "models" / "packaged" / "poems"


@functools.cache
def poem_gpt() -> GPT:
    """The model with the weights it ended its training with. Read once.

    >>> model = poem_gpt()
    >>> len(model.layers), model.H, model.E.shape  # layers, heads, a vector for each of 4,172 characters
    (6, 6, (4172, 192))
    """
    W = read_tensors(FOLDER / "model.safetensors")
    H = json.loads((FOLDER / "config.json").read_text("utf-8"))["n_head"]
    depth = sum(name.endswith("ln_1.weight") for name in W)
    layers = []
    for at in (f"transformer.h.{layer}." for layer in range(depth)):
        W_q, W_k, W_v = np.split(W[at + "attn.c_attn.weight"], 3, axis=1)
        b_q, b_k, b_v = np.split(W[at + "attn.c_attn.bias"], 3)
        W_o, b_o = W[at + "attn.c_proj.weight"], W[at + "attn.c_proj.bias"]
        attention = Attention(W_q, W_k, W_v, W_o, b_q, b_k, b_v, b_o)
        inner = W[at + "mlp.c_fc.weight"], W[at + "mlp.c_fc.bias"]
        outer = W[at + "mlp.c_proj.weight"], W[at + "mlp.c_proj.bias"]
        norm_1 = Norm(W[at + "ln_1.weight"], W[at + "ln_1.bias"])
        norm_2 = Norm(W[at + "ln_2.weight"], W[at + "ln_2.bias"])
        layers.append(Layer(attention, norm_1, FeedForward(*inner, *outer), norm_2))
    norm = Norm(W["transformer.ln_f.weight"], W["transformer.ln_f.bias"])
    return GPT(W["transformer.wte.weight"], W["transformer.wpe.weight"], tuple(layers), norm, H)


@functools.cache
def characters() -> str:
    """What the model can read and write: token i is character i. A line break begins a poem and parts its lines.

    >>> len(characters()), characters()[1:6]
    (4172, '\\n。一丁七')
    """
    vocabulary = json.loads((FOLDER / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return "".join(sorted(vocabulary, key=vocabulary.__getitem__))


def tokens_of(text: str) -> Integers:
    """A number for each character, (T,). Raises ValueError with the characters that the model has never seen.

    >>> tokens_of("一丁七")
    array([3, 4, 5])
    """
    token = {character: i for i, character in enumerate(characters())}
    unknown = sorted(set(text) - set(token))
    if not text or unknown:
        raise ValueError(
            f"expected characters of the poems the model was trained on, got {''.join(unknown) or 'none'!r}"
        )
    return np.array([token[character] for character in text])


def queries_keys_values(model: GPT, tokens: Integers, layer: int) -> tuple[Array, Array, Array]:
    """What the heads of a layer (from 0) ask, are asked by, and hand out at each place: three times (H, T, D).

    >>> Q, K, V = queries_keys_values(poem_gpt(), tokens_of("明月松间照"), layer=5)
    >>> Q.shape, K.shape, V.shape
    ((6, 5, 32), (6, 5, 32), (6, 5, 32))
    """
    mask = causal_mask(len(tokens))
    h = learned_positions(model.E[tokens], model.P)
    for below in model.layers[:layer]:
        h = pre_norm_layer(h, below, model.H, mask, gelu_tanh)
    own = model.layers[layer]
    x = layer_norm(h, *own.norm_1)
    W = own.attention
    Q, K, V = x @ W.W_q + W.b_q, x @ W.W_k + W.b_k, x @ W.W_v + W.b_v
    return split_heads(Q, model.H), split_heads(K, model.H), split_heads(V, model.H)


def poem_logits(model: GPT, tokens: Integers) -> Array:
    """The scores of every next character, (T, V): `gpt_logits` with the activation this model was trained with.

    >>> z = poem_logits(poem_gpt(), tokens_of("\\n明月松间照，清泉石上"))
    >>> characters()[z[-1].argmax()]
    '流'
    """
    return gpt_logits(model, tokens, f=gelu_tanh)


def without_head(model: GPT, layer: int, head: int) -> GPT:
    """The same model with one head struck dumb: what it brings is multiplied by zero, all else is as it was.

    >>> tokens = tokens_of("\\n白日依山尽，")
    >>> model = poem_gpt()
    >>> for gpt in (model, without_head(model, layer=5, head=0)):  # the colour that answers the white sun is gone
    ...     print(characters()[poem_logits(gpt, tokens)[-1].argmax()])
    青
    春
    """
    own = model.layers[layer]
    W_o = own.attention.W_o.copy()
    D = W_o.shape[0] // model.H
    W_o[head * D : (head + 1) * D] = 0.0
    changed = own._replace(attention=own.attention._replace(W_o=W_o))
    return model._replace(layers=(*model.layers[:layer], changed, *model.layers[layer + 1 :]))


def read_tensors(file: Path) -> dict[str, Array]:
    """The arrays of a safetensors file of half-precision numbers, by name.

    The format: eight bytes with the length of a JSON head, the head with each array's shape and place, the numbers.

    >>> sorted(read_tensors(FOLDER / "model.safetensors"))[-1]
    'transformer.wte.weight'
    """
    raw = file.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:start])
    tensors = {}
    for name, entry in head.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F16":
            raise ValueError(f"expected half-precision numbers (F16) in {file.name}, got {entry['dtype']}")
        count, offset = math.prod(entry["shape"]), start + entry["data_offsets"][0]
        numbers = np.frombuffer(raw, "<f2", count, offset).astype(np.float64)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors
