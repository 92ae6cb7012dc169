"""Registrable domains out of whatever a website or e-mail field holds."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from rules.language.values.suffixes import registrable

FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.co.jp",
    "yahoo.co.in", "ymail.com", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "outlook.com",
    "outlook.de", "live.com", "live.co.uk", "msn.com", "aol.com", "icloud.com", "me.com", "mac.com",
    "gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com",
    "mail.ru", "yandex.ru", "yandex.com", "bk.ru", "inbox.ru", "list.ru", "qq.com", "163.com", "126.com",
    "sina.com", "foxmail.com", "naver.com", "daum.net", "hanmail.net", "protonmail.com", "proton.me",
    "pm.me", "tutanota.com", "zoho.com", "fastmail.com", "hey.com", "orange.fr", "wanadoo.fr", "free.fr",
    "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tin.it", "alice.it", "uol.com.br", "bol.com.br",
    "terra.com.br", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net",
    "charter.net", "shaw.ca", "rogers.com", "btinternet.com", "sky.com", "ntlworld.com", "bluewin.ch",
    "telenet.be", "skynet.be", "ziggo.nl", "kpnmail.nl", "rediffmail.com",
})  # fmt: skip
"""Domains of mail providers: an account with one says nothing about the company."""


FLAT_SUFFIXES = (
    "com", "net", "org", "de", "eu", "info", "biz", "nl", "ch", "dk", "cz", "app", "dev", "tech", "cloud", "shop",
    "online", "site", "store", "tv",
)  # fmt: skip
"""Top-level domains under which the public suffix list (its ICANN part) has no longer suffix: the last two
labels decide, without the list."""
_FLAT = f"[a-z0-9-]+\\.(?:{'|'.join(FLAT_SUFFIXES)})"
PLAIN_SITE = rf"^(?:https?://)?(?:[a-z0-9-]+\.)*({_FLAT})(?:/[a-z0-9_.~-]+)*/?$"
"""Lower-case printable ASCII that is a site under one of them; the group is its registrable domain."""
_PLAIN_SITE = re.compile(PLAIN_SITE.removesuffix("$") + r"\Z")


def registrable_domain(text: str) -> str | None:
    """The registrable domain, lower case and in ASCII form, None where there is none.

    Scheme, "www.", port, path and the name before an "@" fall away: "https://www.Shop.Example.co.uk/x" is
    "example.co.uk". By the public suffix list that tldextract bundles, without its private part:
    sites on one hoster's domain ("acme.github.io") share that domain.
    """
    bare = text.strip()
    if bare.isascii() and (found := _PLAIN_SITE.match(bare.lower())):
        return found[1]
    host = _host(bare)
    if not host:
        return None
    ascii_host = _ascii(host)
    return registrable(ascii_host) if ascii_host else None


def _host(text: str) -> str:
    try:
        return (urlsplit(text if "//" in text else f"//{text}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
