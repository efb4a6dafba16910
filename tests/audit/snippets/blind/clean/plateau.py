import torch
from torch import nn


class Runner:
    def __init__(self, model, train_dl, val_dl):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device)
        self.train_dl, self.val_dl = train_dl, val_dl
        self.loss = nn.BCEWithLogitsLoss()
        self.opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
        self.sched = torch.optim.lr_scheduler.ReduceLROnPlateau(self.opt, patience=2)

    def run(self, epochs):
        for _ in range(epochs):
            self.model.train()
            for x, y in self.train_dl:
                self.opt.zero_grad()
                out = self.model(x.to(self.device))
                self.loss(out, y.to(self.device)).backward()
                self.opt.step()
            self.sched.step(self.validate())

    @torch.inference_mode()
    def validate(self):
        self.model.eval()
        total = 0.0
        for x, y in self.val_dl:
            total += self.loss(self.model(x.to(self.device)), y.to(self.device)).item()
        return total / len(self.val_dl)
