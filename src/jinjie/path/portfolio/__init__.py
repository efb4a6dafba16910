"""One static page from one's own runs and grades, with the hashes by which a reader can check it.

`choice` says which runs, `card` reads one run, `learned` the log; `page` turns both into HTML; `folder` writes it all
whole with the manifest that `manifest` makes and checks.
"""
