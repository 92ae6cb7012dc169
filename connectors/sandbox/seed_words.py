"""The vocabulary of the sample data: places with weights, industries, names, and how people misspell them."""

from __future__ import annotations

from dataclasses import dataclass

Weighted = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A state and its main city; `postal` patterns hold # for any digit and @ for any letter."""

    state: str
    city: str
    postal: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Country:
    """A country, the spellings found in real CRMs with their weights, and its regions."""

    code: str
    domain: str
    weight: float
    spellings: Weighted
    regions: tuple[Region, ...]


def _regions(text: str) -> tuple[Region, ...]:
    """One region a line: state|city|postal patterns|weight; _ is a blank inside a pattern."""
    rows = (line.strip().split("|") for line in text.strip().splitlines())
    return tuple(
        Region(state, city, tuple(p.replace("_", " ") for p in postal.split()), float(w))
        for state, city, postal, w in rows
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES = (
    Country("US", "com", 46, (("United States", 62), ("USA", 15), ("US", 12), ("United States of America", 6),
        ("U.S.A.", 3), ("us", 2)), _regions("""
        CA|San Francisco|941## 940## 950##|9
        CA|Los Angeles|900## 902## 921##|8
        NY|New York|100## 112## 117##|11
        TX|Houston|770## 752## 787##|10
        FL|Miami|331## 328## 336##|6
        MA|Boston|021## 018## 017##|7
        NJ|Newark|071## 073## 085##|4
        CT|Hartford|061## 068##|2
        IL|Chicago|606## 600##|6
        PA|Philadelphia|191## 152##|4
        OH|Columbus|432## 441##|4
        GA|Atlanta|303## 300##|4
        WA|Seattle|981## 980##|4
        CO|Denver|802## 803##|3
        NC|Charlotte|282## 276##|3
        VA|Arlington|222## 201##|3
        AZ|Phoenix|850## 852##|2
        MN|Minneapolis|554##|2
        RI|Providence|029##|1
        ME|Portland|041##|1
        PR|San Juan|009##|0.5""")),
    Country("DE", "de", 9, (("Germany", 70), ("Deutschland", 18), ("DE", 9), ("germany ", 3)), _regions("""
        Bayern|München|80### 81###|5
        Nordrhein-Westfalen|Köln|50### 40###|5
        Berlin|Berlin|10### 12###|4
        Hamburg|Hamburg|20### 22###|2
        Sachsen|Dresden|01###|1""")),
    Country("GB", "co.uk", 9, (("United Kingdom", 60), ("UK", 22), ("GB", 6), ("Great Britain", 5),
        ("England", 7)), _regions("""
        London|London|EC#A_#@@ SW#A_#@@ N#_#@@|9
        Greater Manchester|Manchester|M#_#@@|3
        Scotland|Edinburgh|EH#_#@@|2""")),
    Country("FR", "fr", 6, (("France", 90), ("FR", 10)), _regions("""
        Île-de-France|Paris|750##|6
        Auvergne-Rhône-Alpes|Lyon|690##|2
        Provence-Alpes-Côte d'Azur|Nice|06###|1""")),
    Country("CA", "ca", 6, (("Canada", 92), ("CA", 5), ("CAN", 3)), _regions("""
        ON|Toronto|M#@_#@#|5
        QC|Montréal|H#@_#@#|3
        BC|Vancouver|V#@_#@#|2""")),
    Country("JP", "co.jp", 5, (("Japan", 80), ("JP", 8), ("日本", 12)), _regions("""
        Tokyo|東京|100-#### 150-####|5
        Osaka|大阪|530-####|2""")),
    Country("NL", "nl", 3, (("Netherlands", 60), ("The Netherlands", 25), ("Nederland", 10), ("NL", 5)),
        _regions("Noord-Holland|Amsterdam|10##_@@|3\nZuid-Holland|Rotterdam|30##_@@|2")),
    Country("AU", "com.au", 3, (("Australia", 93), ("AU", 7)),
        _regions("NSW|Sydney|20##|3\nVIC|Melbourne|30##|2")),
    Country("IN", "in", 4, (("India", 95), ("IN", 5)),
        _regions("Karnataka|Bengaluru|5600##|3\nMaharashtra|Mumbai|4000##|3")),
    Country("BR", "com.br", 3, (("Brazil", 60), ("Brasil", 40)),
        _regions("São Paulo|São Paulo|01###-###|3\nRio de Janeiro|Rio de Janeiro|20###-###|1")),
    Country("CH", "ch", 2, (("Switzerland", 70), ("Schweiz", 25), ("CH", 5)),
        _regions("Zürich|Zürich|80##|2\nGenève|Genève|12##|1")),
    Country("SE", "se", 2, (("Sweden", 80), ("Sverige", 20)), _regions("Stockholm|Stockholm|11#_##|1")),
    Country("SG", "sg", 1, (("Singapore", 100),), _regions("|Singapore|0#####|1")),
    Country("CI", "ci", 0.5, (("Côte d'Ivoire", 50), ("Ivory Coast", 50)), _regions("Abidjan|Abidjan||1")),
)  # fmt: skip

INDUSTRIES: Weighted = (
    ("Technology", 18), ("Manufacturing", 13), ("Healthcare", 11), ("Banking", 8), ("Retail", 9), ("Consulting", 7),
    ("Construction", 6), ("Education", 6), ("Insurance", 4), ("Transportation", 5), ("Energy", 4), ("Media", 3),
    ("Government", 3), ("Telecommunications", 2), ("Biotechnology", 2), ("Agriculture", 1),
)  # fmt: skip

FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de")
BLANKS = (" ", "N/A", "-", "unknown")

NAME_STARTS = _words(
    "Acme Alpine Apex Arbor Atlas Beacon Blue Bright Cedar Cobalt Copper Crown Delta Eagle Echo Ember"
    " Falcon First Forge Global Golden Granite Green Harbor Helix Horizon Iron Keystone Lakeside Liberty"
    " Lumen Maple Meridian Northern Nova Oak Orbit Pacific Pioneer Polar Prime Quantum Quartz Red Ridge"
    " River Rocket Sierra Silver Solid Sterling Stone Summit Swift Terra Titan Union Vertex Vista West"
    " Zenith Müller Østergaard Çelik Łódź 北斗"
)
NAME_MIDDLES = _words(
    "Analytics Bank Biotech Brands Builders Capital Care Chemicals Cloud Components Consulting Data"
    " Design Dynamics Electric Energy Engineering Farms Financial Foods Freight Health Holdings Industries"
    " Insurance Labs Logistics Machines Media Medical Metals Mobility Motors Networks Packaging Partners"
    " Pharma Power Properties Robotics School Security Semiconductors Services Software Solar Steel Supply"
    " Systems Technologies Telecom Textiles Tools Trading University Ventures Water Works"
)
NAME_ENDS = ("Inc.", "LLC", "Ltd", "GmbH", "Corp.", "Group", "AG", "S.A.", "& Sons", "")

FIRST_NAMES = _words(
    "Ana Lee Kim Omar Priya Jonas Marie Diego Chloé Yuki Ravi Sofia Liam Noor Elena Tom Aisha Björn Zoë"
    " Mateo Grace Ivan Mei Pablo Ruth Samir Tara Uwe Wendy Xavier Łukasz Nadia"
)
LAST_NAMES = _words(
    "Smith García Müller Chen Okafor Rossi Tanaka Singh Novak Dubois Silva Hansen Kowalski Brown Haddad"
    " Jensen Moreau O'Brien Petrov Quinn Reyes Sato Thompson Ueda Vargas Weber Yilmaz Zhang"
)

STAGES: tuple[tuple[str, float, bool, bool, float], ...] = (
    ("Prospecting", 0.10, False, False, 18),
    ("Qualification", 0.20, False, False, 14),
    ("Proposal/Price Quote", 0.75, False, False, 10),
    ("Negotiation/Review", 0.90, False, False, 8),
    ("Closed Won", 1.0, True, True, 22),
    ("Closed Lost", 0.0, True, False, 28),
)
"""Stage, probability as a share, closed, won, weight."""

ACTIVITIES: Weighted = (("email", 44), ("call", 27), ("meeting", 13), ("task", 11), ("note", 5))
SUBJECTS = {
    "email": ("Re: proposal", "Following up", "Introduction", "Pricing", "Next steps"),
    "call": ("Discovery call", "Check-in", "Left voicemail", "Renewal call"),
    "meeting": ("Demo", "Quarterly review", "On-site visit", "Kick-off"),
    "task": ("Send contract", "Prepare quote", "Update forecast", "Research account"),
    "note": ("Notes from lunch", "Org chart", "Competitor mentioned"),
}
