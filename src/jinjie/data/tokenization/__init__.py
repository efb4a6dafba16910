"""Text to token ids and back: training tokenizers, opening those made elsewhere, showing how they split a text.

processor = open_tokenizer(Path("folder"))                       # opening.py: any folder in the Hugging Face format
trained = train(BPE(size=8000), Texts(["my-texts/"]))            # train.py
processor.ids("床前明月光"), processor.token_bytes()              # processor.py
"""
