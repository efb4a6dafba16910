import torch
from transformers import AdamW, BertForSequenceClassification, BertTokenizer

torch.manual_seed(0)
tokenizer = BertTokenizer.from_pretrained("bert-base-uncased")
model = BertForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)
optimizer = AdamW(model.parameters(), lr=3e-5)

sentences = ["the train was late", "what a lovely station", "it is a platform"]
encoded = tokenizer(sentences, padding=True, return_tensors="pt")
labels = torch.tensor([0, 2, 1])

model.train()
for step in range(10):
    optimizer.zero_grad()
    loss, logits = model(**encoded, labels=labels)
    loss.backward()
    optimizer.step()
