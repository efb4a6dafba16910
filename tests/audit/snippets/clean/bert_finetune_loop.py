import torch
from datasets import load_dataset
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    get_linear_schedule_with_warmup,
    set_seed,
)

set_seed(0)
name = "distilbert-base-uncased"
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=2)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model.to(device)

raw = load_dataset("imdb")
tokens = raw.map(lambda row: tokenizer(row["text"], truncation=True), batched=True, remove_columns=["text"])
collate = DataCollatorWithPadding(tokenizer)
train_loader = DataLoader(tokens["train"].rename_column("label", "labels"), batch_size=16, shuffle=True, collate_fn=collate)
test_loader = DataLoader(tokens["test"].rename_column("label", "labels"), batch_size=32, collate_fn=collate)

epochs = 2
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, weight_decay=0.01)
schedule = get_linear_schedule_with_warmup(optimizer, 100, epochs * len(train_loader))

for epoch in range(epochs):
    model.train()
    for batch in train_loader:
        batch = {k: v.to(device) for k, v in batch.items()}
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()

model.eval()
right = 0
with torch.no_grad():
    for batch in test_loader:
        batch = batch.to(device)
        logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
        right += (logits.argmax(-1) == batch["labels"]).sum().item()
print("test accuracy", right / len(tokens["test"]))
