"""The registry of formulas: each with its LaTeX, symbols, function, test, canonical form and wrong variants.

Which there are tells `headings`, quickly; one as a whole `registry`.
"""
