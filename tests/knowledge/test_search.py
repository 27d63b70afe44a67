"""Finding the right article, saying so when there is none, and staying in step with the database."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from knowledge.articles.logic import ArticleDraft
from knowledge.articles.operations import import_article, save_article
from knowledge.encoder.runtime import OnnxEncoder
from knowledge.search.dense import Floats, RememberedVectors
from knowledge.search.findings import HYBRID, LEXICAL, MULTILINGUAL, Band
from knowledge.search.index import build
from knowledge.search.lexical import Field, LexicalIndex
from knowledge.search.loading import SearchLoader
from knowledge.search.port import KnowledgeSearch
from knowledge.search.words import fold, platforms, share_of_latin, terms, words
from storage.database import Database
from tests.databases import NOW
from tests.knowledge.articles import ALL, IMPRIMANTE, MAILBOX, PRINTER, VPN, an_article


class CountingEncoder:
    """The real encoder; remembers what it was asked."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.digest = encoder.digest
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        return self._encoder.encode(texts)


@pytest.fixture(scope="module", params=[MULTILINGUAL, HYBRID, LEXICAL])
def search(request: pytest.FixtureRequest) -> KnowledgeSearch:
    first = request.getfixturevalue("encoder") if request.param != LEXICAL else None
    second = request.getfixturevalue("multilingual") if request.param == MULTILINGUAL else None
    return KnowledgeSearch(build(ALL, first, multilingual=second), first, second)


@pytest.mark.parametrize(
    ("question", "language", "slug"),
    [
        ("vpn not working", "en", VPN.slug),
        ("my printer does not print", "en", PRINTER.slug),
        ("MAILBOX FULL!!!", "en", MAILBOX.slug),
        ("mon imprimante n’imprime plus", "fr", IMPRIMANTE.slug),
        ("mon imprimente nimprime plus", "fr", IMPRIMANTE.slug),
    ],
)
def test_the_right_article_answers(search: KnowledgeSearch, question: str, language: str, slug: str) -> None:
    found = search.find(question, language)

    assert found.band is Band.ANSWER
    assert found.hits[0].slug == slug


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?!",
        "🙂🙂🙂",
        "12345",
        "asdf qwer zxcv",
        "καλημέρα τι κάνεις",
        "забыл пароль",
        "忘记密码",
        "x" * 4_000,
    ],
)
def test_what_is_no_question_has_no_answer(search: KnowledgeSearch, question: str, language: str) -> None:
    assert search.find(question, language).band is Band.NOTHING


@pytest.mark.parametrize("question", ["what is the weather tomorrow", "when do I get paid", "tell me a joke"])
def test_a_question_about_something_else_has_no_answer(search: KnowledgeSearch, question: str) -> None:
    assert search.find(question, "en").band is Band.NOTHING


def test_a_passage_is_the_articles_own_words(search: KnowledgeSearch) -> None:
    passage = search.find("vpn not working", "en").hits[0].passage

    for line in filter(None, passage.splitlines()):
        assert line in VPN.body.replace("**", "")


def test_at_most_as_many_hits_as_asked_for_best_first(search: KnowledgeSearch) -> None:
    hits = search.find("printer and vpn", "en", limit=2).hits

    assert len(hits) == 2
    assert hits[0].score >= hits[1].score
    assert len({hit.slug for hit in hits}) == 2


def test_an_article_without_translation_is_found_in_the_other_language(search: KnowledgeSearch) -> None:
    hits = search.find("VPN", "fr").hits

    assert (hits[0].slug, hits[0].language) == (VPN.slug, "en")
    assert PRINTER.slug not in {hit.slug for hit in search.find("printer", "fr").hits}


def test_an_unknown_language_is_searched_in_the_first_one(search: KnowledgeSearch) -> None:
    assert search.find("vpn not working", "de").hits[0].slug == VPN.slug


def test_the_mode_says_whether_meaning_was_compared(encoder: OnnxEncoder) -> None:
    assert KnowledgeSearch(build(ALL, encoder), encoder).find("vpn", "en").mode == HYBRID
    assert KnowledgeSearch(build(ALL, None)).find("vpn", "en").mode == LEXICAL


@pytest.mark.parametrize("articles", [(), (VPN,)])
def test_an_almost_empty_knowledge_base_can_be_searched(
    encoder: OnnxEncoder, articles: tuple[object, ...]
) -> None:
    for each in (encoder, None):
        found = KnowledgeSearch(build(articles, each), each).find("vpn not working", "en")  # type: ignore[arg-type]
        assert found.band is (Band.ANSWER if articles else Band.NOTHING)


def test_the_threshold_decides_what_is_an_answer() -> None:
    strict = KnowledgeSearch(build(ALL, None, threshold=1.0))
    assert strict.find("vpn not working", "en").band is Band.DID_YOU_MEAN
    assert KnowledgeSearch(build(ALL, None, threshold=0.0)).find("weather printer", "en").band is Band.ANSWER


def test_a_hit_says_what_it_is_about(search: KnowledgeSearch) -> None:
    hit = search.find("vpn not working", "en").hits[0]

    assert (hit.category, hit.translation) == ("network", "vpn")


def test_browsing_goes_by_words_whether_or_not_there_is_an_encoder(encoder: OnnxEncoder) -> None:
    counting = CountingEncoder(encoder)
    search = KnowledgeSearch(build(ALL, counting), counting)
    counting.asked.clear()

    found = search.browse("printer", "en")

    assert (found.mode, found.hits[0].slug) == (LEXICAL, PRINTER.slug)
    assert counting.asked == []


@pytest.mark.parametrize(
    ("slug", "language", "found"),
    [
        (PRINTER.slug, "en", PRINTER),
        (PRINTER.slug, "fr", IMPRIMANTE),
        (IMPRIMANTE.slug, "en", PRINTER),
        (VPN.slug, "fr", VPN),
        ("nothing-here", "en", None),
    ],
)
def test_an_article_is_opened_by_its_name_in_the_readers_language(
    slug: str, language: str, found: ArticleDraft | None
) -> None:
    hit = KnowledgeSearch(build(ALL, None)).opening(slug, language)

    assert (hit and (hit.slug, hit.language)) == (found and (found.slug, found.language))


def test_an_article_opens_with_what_stands_before_its_first_heading() -> None:
    search = KnowledgeSearch(build(ALL, None))
    hit = search.opening_about("vpn", "en")

    assert hit is not None
    assert hit.passage == "Open the VPN application and click Connect."
    assert search.opening_about("nothing", "en") is None
    assert KnowledgeSearch(build((), None)).opening_about("vpn", "en") is None


def test_a_question_asked_again_is_not_encoded_again(encoder: OnnxEncoder) -> None:
    counting = CountingEncoder(encoder)
    remembered = RememberedVectors(counting, size=2)

    for text in ("a", "a", "b", "a", "c", "a", "b"):
        remembered.of(text)

    assert counting.asked == ["a", "b", "c", "b"]


def test_a_search_under_way_is_not_disturbed_by_a_new_index(encoder: OnnxEncoder) -> None:
    search = KnowledgeSearch(build(ALL, encoder), encoder)
    indexes = [build(ALL, encoder), build((VPN,), encoder)]
    wrong: list[str] = []
    stop = threading.Event()

    def searching() -> None:
        while not stop.is_set():
            hits = search.find("vpn not working", "en").hits
            wrong.extend(hit.slug for hit in hits[:1] if hit.slug != VPN.slug)

    threads = [threading.Thread(target=searching) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(200):
        search.replace(indexes[number % 2])
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_starting_again_encodes_nothing(
    db: Database, encoder: OnnxEncoder, multilingual: OnnxEncoder
) -> None:
    for draft in ALL:
        db.write(import_article, draft, now=NOW)
    before = CountingEncoder(encoder), CountingEncoder(multilingual)
    after = CountingEncoder(encoder), CountingEncoder(multilingual)

    SearchLoader(db, before[0], multilingual=before[1]).load()
    SearchLoader(db, after[0], multilingual=after[1]).load()

    assert all(each.asked for each in before)
    assert not any(each.asked for each in after)


def test_an_edited_article_is_found_by_its_new_words_after_a_refresh(
    db: Database, encoder: OnnxEncoder
) -> None:
    db.write(import_article, VPN, now=NOW)
    counting = CountingEncoder(encoder)
    loader = SearchLoader(db, counting)
    search = loader.load()
    assert not loader.refresh(search)
    counting.asked.clear()

    db.write(save_article, an_article(title="Open the zeppelin portal"), now=NOW)

    assert loader.refresh(search)
    assert search.find("zeppelin", "en").hits[0].title == "Open the zeppelin portal"
    assert "Open the zeppelin portal" in counting.asked


def test_lexical_scores_are_lowered_by_words_nobody_wrote() -> None:
    index = LexicalIndex([[Field(["vpn", "connect"], 1)], [Field(["printer"], 1)]])

    known, half, none = (index.match(words) for words in (["vpn"], ["vpn", "zeppelin"], ["zeppelin"]))

    assert known.scores[0] > half.scores[0] > none.scores[0] == 0
    assert (known.unknown, half.unknown, none.unknown) == (0, 0.5, 1)
    assert index.match([]).unknown == 1


def test_words_are_compared_without_accents_case_and_endings() -> None:
    assert terms("Débloquer", "fr") == terms("debloques", "fr")
    assert terms("l'imprimante", "fr") == terms("IMPRIMANTES", "fr")
    assert terms("Printing", "en") == terms("prints", "en")
    assert words("Wi-Fi", "fr") == words("wifi", "fr") == ["wi", "fi"]
    assert words("the of and", "en") == []
    assert fold("Œuf ﬁchier") == "oeuf fichier"
    assert share_of_latin("été") == 1
    assert share_of_latin("123") == 0


def test_each_language_is_compared_by_its_own_encoder(
    encoder: OnnxEncoder, multilingual: OnnxEncoder
) -> None:
    first, second = CountingEncoder(encoder), CountingEncoder(multilingual)
    search = KnowledgeSearch(build(ALL, first, multilingual=second), first, second)
    assert VPN.title in second.asked, "an article without translation is compared like those beside it"
    first.asked.clear()
    second.asked.clear()

    assert search.find("my printer", "en").hits[0].slug == PRINTER.slug
    assert search.find("mon imprimante", "fr").hits[0].slug == IMPRIMANTE.slug

    assert (first.asked, second.asked) == (["my printer"], ["mon imprimante"])


def test_an_encoder_of_many_languages_finds_an_article_that_is_not_translated(
    encoder: OnnxEncoder, multilingual: OnnxEncoder
) -> None:
    search = KnowledgeSearch(
        build((MAILBOX, PRINTER), encoder, multilingual=multilingual), encoder, multilingual
    )

    hit = search.find("ma messagerie n'a plus de place", "fr").hits[0]

    assert (hit.slug, hit.language) == (MAILBOX.slug, "en")


def test_steps_for_one_system_are_not_given_to_who_names_another_or_none() -> None:
    assert platforms("Connect to the VPN on a Mac") == frozenset({"mac"})
    assert platforms("my MacBook and macOS") == frozenset({"mac"})
    assert platforms("the machine in the hall") == frozenset()
