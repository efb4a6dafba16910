"""A language model whose attention has a softmax: not the one before the loss."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Head(nn.Module):
    def __init__(self, dim, context):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)
        self.register_buffer("mask", torch.tril(torch.ones(context, context)))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        att = q @ k.transpose(-2, -1) / math.sqrt(C)
        att = att.masked_fill(self.mask[:T, :T] == 0, float("-inf"))
        att = F.softmax(att, dim=-1)
        return self.proj(att @ v)


class TinyGPT(nn.Module):
    def __init__(self, vocab, dim=64, context=32):
        super().__init__()
        self.context = context
        self.tok = nn.Embedding(vocab, dim)
        self.pos = nn.Embedding(context, dim)
        self.blocks = nn.ModuleList([Head(dim, context) for _ in range(2)])
        self.lm_head = nn.Linear(dim, vocab)

    def forward(self, idx, targets=None):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1], device=idx.device))
        for block in self.blocks:
            x = x + block(x)
        logits = self.lm_head(x)
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def generate(self, idx, length):
        for _ in range(length):
            logits, _ = self(idx[:, -self.context:])
            probs = F.softmax(logits[:, -1, :], dim=-1)
            idx = torch.cat((idx, torch.multinomial(probs, num_samples=1)), dim=1)
        return idx


torch.manual_seed(1337)
text = open("poems.txt", encoding="utf-8").read()
chars = sorted(set(text))
codes = {c: i for i, c in enumerate(chars)}
data = torch.tensor([codes[c] for c in text])


def get_batch(size=16, context=32):
    ix = torch.randint(len(data) - context, (size,))
    x = torch.stack([data[i : i + context] for i in ix])
    y = torch.stack([data[i + 1 : i + context + 1] for i in ix])
    return x, y


model = TinyGPT(len(chars))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(1000):
    xb, yb = get_batch()
    _, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
print("".join(chars[i] for i in model.generate(torch.zeros((1, 1), dtype=torch.long), 100)[0].tolist()))
