"""Registrable domains are those of the tldextract package, without the time that it takes to import."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.values import suffixes
from rules.language.values.domains import FLAT_SUFFIXES
from rules.language.values.suffixes import registrable

SUFFIXES = sorted(line for line in suffixes._rules() if line.isascii())
LABELS = st.text(alphabet="ab1-", min_size=1, max_size=3)


def theirs(host: str) -> str | None:
    return suffixes._extract()(host).top_domain_under_public_suffix or None


def test_the_list_is_where_it_is_looked_for() -> None:
    assert len(SUFFIXES) > 5_000
    assert {"com", "co.uk", "*.ck", "!www.ck"} <= set(SUFFIXES)
    assert "github.io" not in SUFFIXES


@settings(max_examples=300, deadline=None)
@given(st.lists(LABELS, max_size=3), st.sampled_from(SUFFIXES), LABELS)
def test_every_host_has_the_domain_that_the_package_gives(before: list[str], suffix: str, star: str) -> None:
    host = ".".join([*before, suffix.replace("*", star).removeprefix("!")])
    assert registrable(host) == theirs(host)


@pytest.mark.parametrize(
    "host",
    ["localhost", "192.168.0.1", "1.2.3", "a.example", "com", "co.uk", "a.b.ck", "www.ck", "x.www.ck", "foo.ck", "a..com",
     ".com", "a.com.", "a_b.com", "xn--bcher-kva.example.com", "a.xn--p1ai", "a.b.kawasaki.jp", "city.kawasaki.jp", "-"],
)  # fmt: skip
def test_odd_hosts_have_the_domain_that_the_package_gives(host: str) -> None:
    assert registrable(host) == theirs(host)


def test_no_http_client_is_imported_for_it() -> None:
    code = "import sys; from rules.language.values.domains import registrable_domain as d; assert d('a.b.co.uk') == 'b.co.uk'; print('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("suffix", FLAT_SUFFIXES)
def test_a_suffix_that_is_called_flat_has_no_longer_one_in_the_list(suffix: str) -> None:
    """Or plain sites under it would be cut off a label too early."""
    listed = suffixes._rules()
    assert suffix in listed
    assert not [rule for rule in listed if rule.endswith(f".{suffix}")]
