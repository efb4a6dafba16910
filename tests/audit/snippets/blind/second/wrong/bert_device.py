import torch
from torch.utils.data import DataLoader
from transformers import BertForSequenceClassification, BertTokenizerFast

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
tok = BertTokenizerFast.from_pretrained("bert-base-uncased")
clf = BertForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)


def collate(rows):
    enc = tok([r["text"] for r in rows], padding=True, truncation=True, return_tensors="pt")
    enc["labels"] = torch.tensor([r["label"] for r in rows])
    return enc


def run(rows):
    torch.manual_seed(0)
    opt = torch.optim.AdamW(clf.parameters(), lr=2e-5)
    clf.train()
    for batch in DataLoader(rows, batch_size=16, shuffle=True, collate_fn=collate):
        batch = {k: v.to(DEVICE) for k, v in batch.items()}
        opt.zero_grad()
        clf(**batch).loss.backward()
        opt.step()
