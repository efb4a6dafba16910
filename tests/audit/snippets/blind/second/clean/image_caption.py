import torch
from PIL import Image
from transformers import BlipForConditionalGeneration, BlipProcessor

device = "cuda" if torch.cuda.is_available() else "cpu"
processor = BlipProcessor.from_pretrained("Salesforce/blip-image-captioning-base")
model = BlipForConditionalGeneration.from_pretrained("Salesforce/blip-image-captioning-base").to(device)
image = Image.open("cat.jpg").convert("RGB")
inputs = processor(image, return_tensors="pt").to(device)
out = model.generate(**inputs)
print(processor.decode(out[0], skip_special_tokens=True))
