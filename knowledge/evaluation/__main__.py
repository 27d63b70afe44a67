"""Prints how well the search ranks, and how well it knows that it does not know.

    python -m knowledge.evaluation --protocol stackfaq --data DIR/stackfaq
    python -m knowledge.evaluation --protocol intune --data DIR/intune-admin
    python -m knowledge.evaluation --protocol library

`library` asks the shipped articles the questions written by hand beside this file: as they are, in long
stories, and with slips of the fingers. Abstention is measured with half of the articles taken away (drawn
three times); in `library`, with the questions nothing answers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from knowledge.evaluation.calibrate import LIBRARY
from knowledge.evaluation.encoders import add_encoders, read_encoders
from knowledge.evaluation.labelled import Collection, in_stories, read_collection, with_slips, written
from knowledge.evaluation.measuring import Abstention, Outcomes, Ranking, ask, outcomes
from knowledge.search.confidence import shipped
from knowledge.search.dense import ENGLISH, Encoders
from knowledge.search.findings import LEXICAL

QUESTIONS = Path(__file__).parent / "questions"
STORIES = Path(__file__).parent / "stories.yml"
LANGUAGES = ("en", "fr")
DRAWS = 3


def collections(protocol: str, data: Path | None) -> Iterator[tuple[str, Collection]]:
    """The sets of a protocol, named."""
    if protocol == "library":
        for language in LANGUAGES:
            asked = written(LIBRARY, QUESTIONS / f"{language}.yml", language)
            yield f"library, {language}", asked
            yield f"library, {language}, in stories", in_stories(asked, STORIES)
            yield f"library, {language}, with slips", with_slips(asked)
    elif data is None:
        raise SystemExit(f"--protocol {protocol} needs --data")
    elif protocol == "stackfaq":
        for samples in (0, 3):
            yield f"stackfaq, {samples} sample questions", read_collection(data, samples=samples)
    else:
        for language in LANGUAGES:
            yield f"intune, {language}", read_collection(data, language, suffix=f"-{language}")


def measured(name: str, collection: Collection, encoders: Encoders, threshold: float | None) -> str:
    """What to know about one set in one mode."""
    encoder = encoders.of(collection.language)
    compared = LEXICAL if encoder is None else encoders.compared(collection.language)
    judgement = shipped().of(collection.language, compared)
    least = judgement.answer.least if threshold is None else threshold
    drawn = _drawn(collection)
    asked, doubtful = ask(collection, encoder), [each for one in drawn for each in ask(one, encoder)]
    sure = [judgement.answer.probability(each.signals) for each in doubtful]
    ranking, known = Ranking.of(asked), Abstention.of(doubtful, sure, least)
    got = Outcomes.of([each for one in drawn for each in outcomes(one, encoders, threshold)])
    return (
        f"{name} ({compared}, {ranking.questions} questions, {len(collection.documents)} articles)\n"
        f"  as a whole: MAP {ranking.mean_average_precision:.3f}  "
        f"MRR@10 {ranking.reciprocal_rank_at_10:.3f}  P@1 {ranking.first:.3f}  "
        f"recall@5 {ranking.recall_at_5:.3f}\n"
        f"  from {least:.2f}: precision {known.precision:.3f}  answered right {known.answered:.3f}  "
        f"answered wrongly {known.wrongly:.3f}  AUROC {known.separation:.3f}  "
        f"yield at 95 % {known.reachable:.3f}\n"
        f"  what people get: right {got.right:.3f}  among the choices {got.offered:.3f}  "
        f"wrong {got.wrong:.3f}; the others: answered {got.none_answered:.3f}  "
        f"given a choice {got.none_offered:.3f}\n"
    )


def _drawn(collection: Collection) -> list[Collection]:
    """Sets of which some questions have no answer."""
    if any(question.answer is None for question in collection.questions):
        return [collection]
    return [collection.without_half(seed) for seed in range(DRAWS)]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m knowledge.evaluation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--protocol", choices=("stackfaq", "intune", "library"), required=True)
    parser.add_argument("--data", type=Path, help="the folder of the set")
    add_encoders(parser)
    parser.add_argument("--threshold", type=float, help="the least confidence that makes an answer")
    arguments = parser.parse_args()
    encoders = read_encoders(arguments)
    for name, collection in collections(arguments.protocol, arguments.data):
        for each in (encoders, Encoders(encoders.first), Encoders()):
            if each.multilingual is None and each.first and collection.language == ENGLISH:
                continue  # the same as with both
            sys.stdout.write(measured(name, collection, each, arguments.threshold))


if __name__ == "__main__":
    main()
