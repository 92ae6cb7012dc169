"""The registrable part of a host by the public suffix list that the tldextract package carries.

That package imports an HTTP client for downloads which are never made here, a fifth of a second that every
`lint` would pay; so plain hosts are looked up in its list directly, and it is asked about all others.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PLAIN_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_LIST = ".tld_set_snapshot"
_END = "// ===END ICANN DOMAINS==="


def registrable(host: str) -> str | None:
    """The registrable domain of a lower-case ASCII host by the list's ICANN part, None where there is none."""
    rules = _rules()
    if not rules or "xn--" in host or not _PLAIN_HOST.fullmatch(host):
        return _extract()(host).top_domain_under_public_suffix or None
    labels = host.split(".")
    if labels[-1].isdigit():
        return None  # an address, not a name
    suffix = _suffix_labels(labels, rules)
    return ".".join(labels[-suffix - 1 :]) if 0 < suffix < len(labels) else None


def _suffix_labels(labels: list[str], rules: frozenset[str]) -> int:
    """How many labels the public suffix has: the longest rule decides, an exception ("!www.ck") over all."""
    for start in range(len(labels)):
        tail = ".".join(labels[start:])
        if f"!{tail}" in rules:
            return len(labels) - start - 1
        if tail in rules or f"*.{tail.partition('.')[2]}" in rules:
            return len(labels) - start
    return 0


@cache
def _rules() -> frozenset[str]:
    """The lines of the list's ICANN part; empty where this version of the package keeps it elsewhere."""
    spec = find_spec("tldextract")
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(folders[0]) / _LIST if folders else None
    if path is None or not path.is_file():
        return frozenset()
    text, end, _ = path.read_text(encoding="utf-8").partition(_END)
    return (
        frozenset(line for line in text.splitlines() if line and not line.startswith("//"))
        if end
        else frozenset()
    )


@cache
def _extract() -> Any:
    import tldextract

    # No addresses and no cache folder: only the bundled list is read, so a run needs no network.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
