"""The rules of `jinjie diagnose`, one small function each, by what they look at.

A rule gets the evidence and gives a finding, None (it looked and saw nothing), or what it lacks. Losses are judged in
units of the baseline's (`Evidence.unit`): an entropy or a variance, so that one threshold serves every task. The
thresholds were set on one half of the runs in tests/analyse/patients.py and are reported on the other.
"""

from jinjie.analyse.rules import fit, given, rate

RULES = (*rate.RATE, *given.RULES, *rate.UNITS, *fit.FIT, *fit.BUDGET)
"""In the order of their urgency: of two findings as severe the first is told first."""

__all__ = ["RULES"]
