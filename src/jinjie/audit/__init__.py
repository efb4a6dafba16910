"""A tutorial on trial: an article's formulas, code and claims, read and judged.

`article.py` takes a file apart, `formulas/`, `code/` and `claims/` judge what is theirs, `judge.py` puts the findings
of all three into one report, and `page.py` writes it as HTML. Nothing of an article is executed, except where its
reader asks for it: `running.py`, in the sandbox.
"""
