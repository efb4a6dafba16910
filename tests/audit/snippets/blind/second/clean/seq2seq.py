import random

import torch
from torch import nn

random.seed(0)
torch.manual_seed(0)


def train_iter(src, trg, encoder, decoder, enc_opt, dec_opt, criterion, ratio=0.5):
    enc_opt.zero_grad()
    dec_opt.zero_grad()
    hidden = encoder.init_hidden()
    for token in src:
        _, hidden = encoder(token, hidden)
    loss, inp = 0, torch.tensor([[0]])
    teacher = random.random() < ratio
    for token in trg:
        out, hidden = decoder(inp, hidden)
        loss = loss + criterion(out, token)
        inp = token if teacher else out.argmax(-1).detach()
    loss.backward()
    enc_opt.step()
    dec_opt.step()
    return loss.item() / len(trg)


criterion = nn.NLLLoss()
