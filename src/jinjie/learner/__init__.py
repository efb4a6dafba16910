"""The learner's log: everything tried, as events that are appended and never changed. It knows slugs and no content.

`open_store()` (store.py) opens the one of this machine, `attempts.write` appends to it and `attempts.iterate` reads
it; drafts.py keeps what is being written, exchange.py carries a log from one machine to another.
"""
