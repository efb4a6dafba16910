import torch
from pytorch_pretrained_bert import BertTokenizer, BertModel

tokenizer = BertTokenizer.from_pretrained("bert-base-uncased")
text = "[CLS] Who was Jim Henson ? [SEP] Jim Henson was a puppeteer [SEP]"
tokens = tokenizer.tokenize(text)
ids = torch.tensor([tokenizer.convert_tokens_to_ids(tokens)])
segments = torch.tensor([[0] * 7 + [1] * (len(tokens) - 7)])

model = BertModel.from_pretrained("bert-base-uncased")
model.eval()
with torch.no_grad():
    layers, _ = model(ids, segments)
print(len(layers), layers[-1].shape)
