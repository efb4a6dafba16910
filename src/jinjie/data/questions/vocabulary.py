"""The words that made-up passages are filled with: names of people, towns, trades and things."""

from __future__ import annotations

from typing import Literal

Kind = Literal["place", "year", "job", "firm", "person", "subject", "instrument", "pet", "product"]
"""What a fact may be about."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words("""
Alice Clara Elena Greta Irene Karin Maria Olga Rosa Tessa Vera Xenia Zoe Bianca Daria Fatima Hanna Julia
Laura Nadia Paula Sofia Ursula Wanda Beatrice
""")
MEN = _words("""
Bruno David Felix Henry Jonas Louis Nolan Peter Simon Ulrich Walter Yusuf Amir Carlos Emil George Ivan Kenji
Marco Oscar Rafael Thomas Victor Anton Hugo
""")
LAST = _words("""
Abbott Baker Castillo Dawson Eriksen Fischer Garcia Hughes Ibrahim Jensen Kovacs Lambert Moreno Nakamura
Osborne Petrov Quigley Rossi Schmidt Tanaka Underwood Vargas Wagner Yamada Zimmer Archer Brandt Coleman
Dubois Ellis Ferrari Gomez Hansen Iversen Jacobs Keller Larsen Meyer Novak Olsen Parker Ramos Sato Turner
Urban Vance Weaver Young Ziegler Bennett
""")
AREAS = _words("""
Mills Works Brothers Trading Industries Partners Supplies Crafts Union Company
""")
"""What the name of a firm ends with, behind a surname."""
WORDS: dict[Kind, tuple[str, ...]] = {
    "place": _words("""
Lisbon Prague Geneva Dublin Oslo Vienna Madrid Athens Warsaw Krakow Turin Naples Lyon Porto Seville Bergen
Tampere Riga Vilnius Tallinn Zagreb Split Graz Basel Ghent Utrecht Leeds Bristol Cardiff Glasgow Cork Galway
Boston Denver Austin Seattle Toronto Montreal Lima Quito Santiago Nairobi Cairo Tunis Osaka Kyoto Seoul
Hanoi Bangkok Perth
"""),
    "job": _words("""
nurse baker teacher pilot lawyer carpenter gardener plumber dentist tailor butcher farmer painter librarian
journalist chemist architect surgeon cook waiter driver sailor miner potter welder barber jeweller florist
translator editor photographer accountant judge clerk engineer mechanic electrician locksmith beekeeper
shepherd blacksmith optician cellist detective geologist zoologist diplomat printer weaver mason
"""),
    "subject": _words("""
physics botany history geology medicine law philosophy chemistry astronomy linguistics economics biology
mathematics archaeology theology sociology psychology statistics logic geography zoology literature music
anthropology pharmacy agronomy optics ecology genetics rhetoric
"""),
    "instrument": _words("""
violin flute trumpet cello piano guitar clarinet oboe harp drum banjo trombone saxophone viola organ
accordion bassoon mandolin lute tuba recorder harmonica xylophone zither bagpipe
"""),
    "pet": _words("""
parrot rabbit tortoise hamster goldfish cat dog canary pony goat lizard ferret hedgehog snake gerbil duck
donkey pigeon mouse chameleon frog goose lamb owl squirrel
"""),
    "product": _words("""
bicycles clocks chairs lamps boots hats candles kettles pianos umbrellas mirrors carpets pencils bottles
knives tents gloves ladders violins blankets scissors telescopes suitcases baskets buttons kites brushes
lanterns saddles sofas
"""),
}
