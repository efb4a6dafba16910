"""How facts are said and asked for: the sentences that made-up passages and questions are put together from.

Each relation has seven ways to say it and seven to ask for it, the n-th to ask often in the words of the n-th to say.
The first five are for training, the other two for validation and test (`made.py`): a model that had learned the
patterns by heart would know none of those.
{who} is whom the fact is of (a name, or she, he and it where the sentence before was of the same), {what} the answer.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from jinjie.data.questions.vocabulary import Kind


class Relation(NamedTuple):
    """One fact that can be told of a person or a firm."""

    of: Literal["person", "firm"]
    answer: Kind
    says: tuple[str, ...]
    asks: tuple[str, ...]


RELATIONS: dict[str, Relation] = {
    "birthplace": Relation(
        "person",
        "place",
        (
            "{who} was born in {what}.",
            "{who} came into the world in {what}.",
            "{who} is a native of {what}.",
            "{who} spent the first years of life in {what}.",
            "The childhood home of {who} stood in {what}.",
            "{who} grew up in a small house in {what}.",
            "{who} hails from {what}.",
        ),
        (
            "Where was {who} born?",
            "In which town did {who} come into the world?",
            "What is the birthplace of {who}?",
            "Which town is {who} a native of?",
            "Where did {who} spend early childhood?",
            "Where did {who} grow up?",
            "Which town does {who} come from originally?",
        ),
    ),
    "home": Relation(
        "person",
        "place",
        (
            "{who} now lives in {what}.",
            "Today {who} has a flat in {what}.",
            "{who} has since settled in {what}.",
            "The present home of {who} is in {what}.",
            "{who} moved to {what} last spring and stayed.",
            "These days {who} resides in {what}.",
            "{who} has made a new home in {what}.",
        ),
        (
            "Where does {who} live now?",
            "In which town is the flat of {who}?",
            "Where has {who} settled?",
            "What is the present home town of {who}?",
            "Which town did {who} move to?",
            "Where does {who} reside these days?",
            "In what town can {who} be found today?",
        ),
    ),
    "birth year": Relation(
        "person",
        "year",
        (
            "{who} was born in {what}.",
            "The year of birth of {who} is {what}.",
            "It was in {what} that {who} was born.",
            "{who} came into the world in {what}.",
            "According to the records, {who} was born in {what}.",
            "The birth of {who} fell in the year {what}.",
            "{who} first saw the light of day in {what}.",
        ),
        (
            "When was {who} born?",
            "In what year was {who} born?",
            "What is the year of birth of {who}?",
            "In which year did {who} come into the world?",
            "Which year was {who} born in, by the records?",
            "From what year does {who} date?",
            "What year saw the birth of {who}?",
        ),
    ),
    "work": Relation(
        "person",
        "job",
        (
            "{who} works as a {what}.",
            "{who} is a {what} by trade.",
            "By profession {who} is a {what}.",
            "{who} earns a living as a {what}.",
            "{who} has been a {what} for ten years.",
            "{who} found a calling as a {what}.",
            "On weekdays {who} is busy as a {what}.",
        ),
        (
            "What does {who} work as?",
            "What is the profession of {who}?",
            "What is {who} by trade?",
            "How does {who} earn a living?",
            "What job does {who} have?",
            "What is the calling of {who}?",
            "What does {who} do on weekdays?",
        ),
    ),
    "employer": Relation(
        "person",
        "firm",
        (
            "{who} is employed at {what}.",
            "{who} has a post at {what}.",
            "The employer of {who} is {what}.",
            "{who} draws a salary from {what}.",
            "{who} joined {what} after school.",
            "{who} is on the staff of {what}.",
            "Every morning {who} goes to the office of {what}.",
        ),
        (
            "Where is {who} employed?",
            "Which firm does {who} have a post at?",
            "Who is the employer of {who}?",
            "Which company pays {who}?",
            "What firm did {who} join?",
            "On whose staff is {who}?",
            "To which office does {who} go in the morning?",
        ),
    ),
    "marriage": Relation(
        "person",
        "person",
        (
            "{who} is married to {what}.",
            "{who} wedded {what} in a quiet ceremony.",
            "The spouse of {who} is {what}.",
            "{who} shares a life with {what}.",
            "{who} and {what} became a couple and later married.",
            "{who} tied the knot with {what}.",
            "The heart of {who} belongs to {what}.",
        ),
        (
            "Whom is {who} married to?",
            "Who is the spouse of {who}?",
            "Whom did {who} wed?",
            "With whom does {who} share a life?",
            "Who became a couple with {who}?",
            "With whom did {who} tie the knot?",
            "Who is the better half of {who}?",
        ),
    ),
    "studies": Relation(
        "person",
        "subject",
        (
            "{who} studied {what}.",
            "{who} has a degree in {what}.",
            "At university {who} chose {what}.",
            "{who} took up {what} as a student.",
            "The subject of {who} at college was {what}.",
            "{who} graduated in {what}.",
            "As a young adult {who} attended lectures on {what}.",
        ),
        (
            "What did {who} study?",
            "In what does {who} have a degree?",
            "What did {who} choose at university?",
            "Which subject did {who} take up as a student?",
            "What was the college subject of {who}?",
            "In which subject did {who} graduate?",
            "Lectures on what did {who} attend?",
        ),
    ),
    "music": Relation(
        "person",
        "instrument",
        (
            "{who} plays the {what}.",
            "In the evenings {who} practises the {what}.",
            "{who} took lessons on the {what}.",
            "The favourite instrument of {who} is the {what}.",
            "{who} performs on the {what} in a small band.",
            "{who} is skilled at the {what}.",
            "Friends like it when {who} brings the {what} along.",
        ),
        (
            "What does {who} play?",
            "Which instrument does {who} practise?",
            "What did {who} take lessons on?",
            "What is the favourite instrument of {who}?",
            "On what does {who} perform in the band?",
            "At which instrument is {who} skilled?",
            "What does {who} bring along for friends?",
        ),
    ),
    "animal": Relation(
        "person",
        "pet",
        (
            "{who} keeps a {what}.",
            "{who} has a {what} as a pet.",
            "A {what} lives with {who}.",
            "{who} owns a {what}.",
            "{who} feeds a {what} every morning.",
            "{who} looks after a {what}.",
            "Under the roof of {who} there is a {what}.",
        ),
        (
            "What pet does {who} have?",
            "Which animal does {who} keep?",
            "What animal lives with {who}?",
            "What does {who} own?",
            "What does {who} feed in the morning?",
            "Which animal does {who} look after?",
            "What creature is under the roof of {who}?",
        ),
    ),
    "seat": Relation(
        "firm",
        "place",
        (
            "{who} has its seat in {what}.",
            "{who} is based in {what}.",
            "The head office of {who} is in {what}.",
            "{who} runs its business from {what}.",
            "{who} has been at home in {what} from the start.",
            "{who} is headquartered in {what}.",
            "You find the main building of {who} in {what}.",
        ),
        (
            "Where is the seat of {who}?",
            "Where is {who} based?",
            "In which town is the head office of {who}?",
            "From where does {who} run its business?",
            "What town is home to {who}?",
            "Where is {who} headquartered?",
            "In what town is the main building of {who}?",
        ),
    ),
    "founding": Relation(
        "firm",
        "year",
        (
            "{who} was founded in {what}.",
            "{who} has existed since {what}.",
            "{who} opened its doors in {what}.",
            "The history of {who} began in {what}.",
            "{who} was set up in {what}.",
            "{who} was established in {what}.",
            "The first day of business of {who} was in {what}.",
        ),
        (
            "When was {who} founded?",
            "Since when has {who} existed?",
            "In what year did {who} open its doors?",
            "When did the history of {who} begin?",
            "In which year was {who} set up?",
            "What year was {who} established?",
            "In what year did {who} do business for the first time?",
        ),
    ),
    "founder": Relation(
        "firm",
        "person",
        (
            "{who} was founded by {what}.",
            "The founder of {who} is {what}.",
            "It was {what} who set up {who}.",
            "{what} started {who} in a garage.",
            "{who} goes back to an idea of {what}.",
            "{who} was established by {what}.",
            "Behind the beginnings of {who} stands {what}.",
        ),
        (
            "Who founded {who}?",
            "Who is the founder of {who}?",
            "Who set up {who}?",
            "Who started {who}?",
            "Whose idea does {who} go back to?",
            "By whom was {who} established?",
            "Who stands behind the beginnings of {who}?",
        ),
    ),
    "goods": Relation(
        "firm",
        "product",
        (
            "{who} makes {what}.",
            "{who} is known for its {what}.",
            "{who} sells {what} all over the country.",
            "The main product of {who} is {what}.",
            "{who} earns its money with {what}.",
            "{who} manufactures {what}.",
            "From the workshops of {who} come {what}.",
        ),
        (
            "What does {who} make?",
            "What is {who} known for?",
            "What does {who} sell?",
            "What is the main product of {who}?",
            "With what does {who} earn its money?",
            "What does {who} manufacture?",
            "What comes from the workshops of {who}?",
        ),
    ),
}
