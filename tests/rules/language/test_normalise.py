"""Spellings of the same value are the same value, and what is not certain is a problem, never a guess."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.language.condition import FieldKind as K
from rules.language.values import multiselect
from rules.language.values.folding import fold, place_key
from rules.language.values.normalise import Normalised, normalise
from rules.language.values.postal import range_prefixes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("US", "US"), ("usa", "US"), ("U.S.", "US"), ("U.S.A.", "US"), ("United States of America", "US"),
        ("UK", "GB"), ("England", "GB"), ("Great Britain", "GB"), ("GBR", "GB"), ("United Kingdom", "GB"),
        ("South Korea", "KR"), ("Korea, Republic of", "KR"), ("Russia", "RU"), ("Russian Federation", "RU"),
        ("Czech Republic", "CZ"), ("Czechia", "CZ"), ("Türkiye", "TR"), ("Turkey", "TR"), ("Viet Nam", "VN"),
        ("Vietnam", "VN"), ("Côte d’Ivoire", "CI"), ("Ivory Coast", "CI"), ("Taiwan", "TW"), ("Hong Kong", "HK"),
        ("The Netherlands", "NL"), ("Deutschland", "DE"), ("  gErMaNy ", "DE"), ("Bosnia & Herzegovina", "BA"),
        ("St. Lucia", "LC"), ("NO", "NO"), ("Isle of Man", "IM"), ("Bolivia", "BO"), ("Kosovo", "XK"),
    ],
)  # fmt: skip
def test_a_country_is_its_alpha_2_code_in_every_certain_spelling(text: str, code: str) -> None:
    assert normalise(K.COUNTRY, text).value == code


@pytest.mark.parametrize("text", ["Grmany", "Atlantis", "EU", "Georgia, USA", "12", "UKK", "Korea Norths"])
def test_an_unknown_spelling_of_a_country_is_a_problem_and_never_the_nearest_match(text: str) -> None:
    found = normalise(K.COUNTRY, text)
    assert found.value is None
    assert found.problem == f"'{text}' is not a country"


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("CA", "US", "US-CA"), ("california", "US", "US-CA"), ("US-CA", "US", "US-CA"), ("D.C.", "US", "US-DC"),
        ("GA", "US", "US-GA"), ("DE", "US", "US-DE"), ("Québec", "CA", "CA-QC"), ("quebec", "CA", "CA-QC"),
        ("PQ", "CA", "CA-QC"), ("NF", "CA", "CA-NL"), ("Bavaria", "DE", "DE-BY"), ("Bayern", "DE", "DE-BY"),
        ("England", "GB", "GB-ENG"), ("NSW", "AU", "AU-NSW"), ("Catalonia", "ES", "ES-CT"),
    ],
)  # fmt: skip
def test_a_state_is_resolved_under_its_country(text: str, country: str, code: str) -> None:
    assert normalise(K.STATE, text, country).value == code


def test_a_state_or_postal_code_without_a_country_is_a_problem() -> None:
    """ "CA" is California or Canada, and 10115 is Berlin or New York."""
    for kind, text in ((K.STATE, "CA"), (K.POSTAL_CODE, "10115"), (K.POSTAL_CODE, "US-02116")):
        assert normalise(kind, text).value is None
        assert normalise(kind, text).problem == f"'{text}' has no country"


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("2116", "US", "US-02116"), ("02116", "US", "US-02116"), ("02116-1234", "US", "US-02116"),
        ("021161234", "US", "US-02116"), ("21161234", "US", "US-02116"), ("501", "US", "US-00501"),
        (" 02116 ", "US", "US-02116"), ("K1A0B6", "CA", "CA-K1A0B6"), ("k1a 0b6", "CA", "CA-K1A0B6"),
        ("K1A", "CA", "CA-K1A"), ("SW1A 1AA", "GB", "GB-SW1A"), ("sw1a1aa", "GB", "GB-SW1A"),
        ("SW1A", "GB", "GB-SW1A"), ("M1 1AE", "GB", "GB-M1"), ("EC1A 1BB", "GB", "GB-EC1A"),
        ("1067", "DE", "DE-01067"), ("75001", "FR", "FR-75001"), ("０２１１６", "US", "US-02116"), ("1000-001", "PT", "PT-1000001"),
        ("100-0001", "JP", "JP-1000001"), ("1234 ab", "NL", "NL-1234AB"), ("00-950", "PL", "PL-00950"),
    ],
)  # fmt: skip
def test_a_postal_code_is_its_country_and_one_form(text: str, country: str, code: str) -> None:
    assert normalise(K.POSTAL_CODE, text, country).value == code


@pytest.mark.parametrize(
    ("text", "country"),
    [("12", "US"), ("ABCDE", "US"), ("021160", "US"), ("123", "DE"), ("SW", "GB"), ("K1", "CA"), ("€", "NL")],
)
def test_what_is_no_postal_code_of_its_country_is_a_problem(text: str, country: str) -> None:
    found = normalise(K.POSTAL_CODE, text, country)
    assert found.value is None
    assert found.problem == f"'{text}' is not a postal code of {country}"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Shop.Example.co.uk/x?y", "example.co.uk"), ("acme.com", "acme.com"), ("ACME.COM:443", "acme.com"),
        ("kim@acme.com", "acme.com"), ("http://acme.com.", "acme.com"), ("bücher.de", "xn--bcher-kva.de"),
        ("www.acme.io/path", "acme.io"),
    ],
)  # fmt: skip
def test_a_website_is_its_registrable_domain(text: str, domain: str) -> None:
    assert normalise(K.DOMAIN, text).value == domain


@pytest.mark.parametrize("text", ["localhost", "co.uk", "10.0.0.1", "n o", "http://[", "https://"])
def test_what_has_no_registrable_domain_is_a_problem(text: str) -> None:
    found = normalise(K.DOMAIN, text)
    assert (found.value, found.problem) == (None, f"'{text}' is not a domain")


def test_a_free_mail_domain_is_missing_and_says_so() -> None:
    assert normalise(K.DOMAIN, "kim@GMail.com").problem == "'kim@GMail.com' is a free-mail domain"


def test_text_folds_width_case_and_space_and_ids_do_not() -> None:
    assert normalise(K.TEXT, "  Ｂanking \t & ﬁnance ").value == "banking & finance"
    assert normalise(K.TEXT, "STRASSE").value == normalise(K.TEXT, "straße").value
    assert normalise(K.ID, "aB c").value == "aB c"


def test_a_salesforce_id_of_15_characters_is_the_one_of_18() -> None:
    """The check characters are those that Salesforce itself appends."""
    assert normalise(K.ID, "001D000000IqhSL").value == "001D000000IqhSLIAZ"
    assert normalise(K.ID, "001D000000IqhSLIAZ").value == "001D000000IqhSLIAZ"
    assert normalise(K.ID, "001234567890123").value == "001234567890123"


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (K.INTEGER, "200", 200), (K.INTEGER, 12.0, 12), (K.INTEGER, "1e3", 1000), (K.INTEGER, "12.5", None),
        (K.INTEGER, True, None), (K.NUMBER, "1e9", 1e9), (K.NUMBER, "1,000", None), (K.NUMBER, "inf", None),
        (K.NUMBER, "nan", None), (K.NUMBER, 10**400, None), (K.BOOLEAN, "Yes", True), (K.BOOLEAN, 0, False),
        (K.BOOLEAN, "maybe", None), (K.DATE, "2026-02-30", None), (K.DATE, "2026-01-31", date(2026, 1, 31)),
        (K.DATE, 20260131, None), (K.INTEGER, "9007199254740993", 9007199254740993), (K.INTEGER, "5\x1f", 5), (K.NUMBER, "٣", None),
    ],
)  # fmt: skip
def test_numbers_booleans_and_dates_are_read_strictly(kind: K, raw: object, value: object) -> None:
    found = normalise(kind, raw)  # type: ignore[arg-type]
    assert (found.value, type(found.value)) == (value, type(value))
    assert (found.problem is None) == (value is not None)


def test_an_instant_is_the_day_that_it_was_in_the_rules_time_zone() -> None:
    late = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    assert normalise(K.DATE, late).value == date(2026, 3, 1)
    assert normalise(K.DATE, late, timezone=ZoneInfo("America/New_York")).value == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("SMB;Public Sector", ("public sector", "smb")),
        (" smb ;; SMB; ", ("smb",)),
        ("N/A;SMB", ("smb",)),
        ("x", ("x",)),
    ],
)
def test_a_multi_select_is_its_items_without_order_case_and_repetition(raw: str, items: tuple[str]) -> None:
    found = normalise(K.MULTI_SELECT, raw, missing={"", "n/a"})
    assert multiselect.items(str(found.value)) == items
    assert normalise(K.MULTI_SELECT, ";N/A; ;", missing={"n/a"}) == Normalised(None)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("511210", "511210"), (511210, "511210"), (511210.0, "511210"), ("51-1210", "511210"), (" 51 ", "51"),
        ("31-33", None), ("0511", None), ("5", None), ("5112101", None), ("51.5", None), ("software", None),
    ],
)  # fmt: skip
def test_a_naics_code_is_its_two_to_six_digits(raw: object, code: str | None) -> None:
    found = normalise(K.NAICS, raw)  # type: ignore[arg-type]
    assert found.value == code
    assert (found.problem is None) == (code is not None)


@pytest.mark.parametrize(
    ("raw", "code"),
    [("7372", "7372"), ("111", "0111"), (111.0, "0111"), ("0111", "0111"), ("73", None), ("737201", None), ("x", None)],
)  # fmt: skip
def test_a_sic_code_has_its_lost_zero_back(raw: object, code: str | None) -> None:
    found = normalise(K.SIC, raw)  # type: ignore[arg-type]
    assert found.value == code
    assert (found.problem is None) == (code is not None)


@pytest.mark.parametrize("raw", [None, "", "  ", "\u3000", "n/a", "N/A ", "Ｎ/Ａ", float("nan")])
@pytest.mark.parametrize("kind", list(K))
def test_what_counts_as_missing_is_missing_without_a_problem(kind: K, raw: object) -> None:
    found = normalise(kind, raw, "US", frozenset({"n/a"}))  # type: ignore[arg-type]
    assert (found.value, found.problem) == (None, None)


def test_problems_show_no_control_or_bidirectional_characters() -> None:
    problem = normalise(K.COUNTRY, "x\x1b[31m\u202eevil\n" + "y" * 200).problem
    assert problem is not None
    assert problem.isprintable() and len(problem) < 100 and "\u202e" not in problem


@given(st.sampled_from(list(K)), st.text(max_size=20), st.sampled_from([None, "US", "CA", "GB", "DE", "NL"]))
def test_normalising_twice_is_normalising_once(kind: K, text: str, country: str | None) -> None:
    first = normalise(kind, text, country)
    if first.value is not None:
        assert normalise(kind, first.value, country) == first


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert place_key(place_key(text)) == place_key(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x1FFF), max_size=12))
def test_case_and_space_around_do_not_tell_texts_apart(text: str) -> None:
    assert fold(f"  {text}\t") == fold(text)
    assert fold(fold(text).upper()) == fold(text.upper())


@given(st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999))
def test_a_range_of_postal_codes_is_exactly_its_prefixes(low: int, high: int, code: int) -> None:
    prefixes = range_prefixes(f"{low:05}", f"{high:05}", "US")
    assert prefixes is not None
    assert f"US-{code:05}".startswith(prefixes) == (low <= code <= high)


def test_forty_thousand_postal_codes_take_less_than_half_a_second() -> None:
    start = time.process_time()
    for code in range(40_000):
        normalise(K.POSTAL_CODE, str(code + 60_000), "US")
    assert time.process_time() - start < 0.5
