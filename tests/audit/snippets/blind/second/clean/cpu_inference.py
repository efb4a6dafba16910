import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

name = "distilbert-base-uncased-finetuned-sst-2-english"
tok = AutoTokenizer.from_pretrained(name)
model = AutoModelForSequenceClassification.from_pretrained(name)
batch = tok(["Fine film.", "Dull."], padding=True, return_tensors="pt")
with torch.no_grad():
    logits = model(**batch).logits
print([model.config.id2label[i] for i in logits.argmax(-1).tolist()])
