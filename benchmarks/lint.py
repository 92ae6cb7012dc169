"""How long the proofs over a rule set take: a clean one, and one with twenty faults of each kind planted in it.

    python benchmarks/lint.py           300 rules
    python benchmarks/lint.py --full    300 and 2,000 rules

Beside it the plain way with the same solver over the same formula: every pair of a level and every rule is a
question of its own, without the samples and the comparison field by field that answer most of them here. That
is asked for some of them and extrapolated. Reading the rules from YAML is no part of it. The last line is a JSON list of {"name", "value", "unit", "goal", "ok"}.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from itertools import combinations
from random import Random

from lint_world import AS_OF, clean_rules, faulty_rules

from rules.language.ruleset import RuleSet
from rules.language.today import on_day
from rules.proof.codes import ProofCode
from rules.proof.findings import Finding
from rules.proof.lint import prove
from rules.proof.world import World

RUNS = 3
ASKED = 300
"""Questions that the plain way is asked; the others are taken to be like them."""
SECONDS = 3.0


def timed(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def plain_seconds(rules: RuleSet) -> float:
    """The plain way, extrapolated: every rule and every pair of one level asked one by one."""
    random = Random(1)
    started = time.perf_counter()
    with World(on_day(rules, AS_OF)) as world:
        takes, solver = world.takes, world.solver
        made = time.perf_counter() - started
        numbers = range(len(takes))
        alive = random.sample(numbers, min(ASKED, len(takes)))
        lone = timed(lambda: [solver.ask([takes[n], *(-takes[m] for m in range(n))]) for n in alive])
        levels = [rule.level for rule in world.rules.rules]
        pairs = [pair for pair in combinations(numbers, 2) if levels[pair[0]] == levels[pair[1]]]
        some = random.sample(pairs, min(ASKED, len(pairs)))
        paired = timed(lambda: [solver.ask([takes[one], takes[other]]) for one, other in some])
    return made + lone / len(alive) * len(takes) + paired / len(some) * len(pairs)


def missed(planted: dict[ProofCode, set[str]], found: tuple[Finding, ...]) -> tuple[int, int]:
    """Planted faults that were not found, and findings about rules without a fault."""
    named: dict[ProofCode, set[str]] = {}
    for finding in found:
        named.setdefault(finding.code, set()).update(n for n in finding.rules if not n.startswith("rule-"))
    absent = sum(len(ids - named.get(code, set())) for code, ids in planted.items())
    return absent, sum(len(ids - planted.get(code, set())) for code, ids in named.items())


def measure(count: int) -> list[dict[str, object]]:
    """Proves both sets in turn and prints how that went."""
    clean, (faulty, planted) = clean_rules(count), faulty_rules(count)
    runs = [(timed(lambda: prove(clean, AS_OF)), timed(lambda: prove(faulty, AS_OF))) for _ in range(RUNS)]
    of_clean, of_faulty = (statistics.median(seconds) for seconds in zip(*runs, strict=True))
    plain = plain_seconds(faulty)
    absent, false = missed(planted, prove(faulty, AS_OF))
    alarms = sum(finding.code is not ProofCode.CATCH_ALL for finding in prove(clean, AS_OF))
    faults = sum(len(ids) for ids in planted.values())
    print(f"\n{count:,} rules, median of {RUNS}")
    print(f"  clean               {of_clean:8.2f} s   {alarms} false alarms")
    print(f"  {faults:4} faults planted  {of_faulty:8.2f} s   {absent} missed, {false} false alarms")
    print(
        f"  one by one          {plain:8.2f} s   {plain / of_faulty:.0f} x, extrapolated from {2 * ASKED} questions"
    )
    name = f"lint_{count}"
    return [
        goal(f"{name}_clean", of_clean, "s", SECONDS),
        goal(f"{name}_faulty", of_faulty, "s", SECONDS),
        goal(f"{name}_one_by_one", plain, "s", None),
        goal(f"{name}_missed", absent, "faults", 0),
        goal(f"{name}_false_alarms", alarms + false, "findings", 0),
    ]


def goal(name: str, value: float, unit: str, most: float | None) -> dict[str, object]:
    """One line of the result."""
    ok = most is None or value <= most
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": most, "ok": ok}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="2,000 rules as well")
    sizes = [300, 2_000] if parser.parse_args().full else [300]
    print(json.dumps([line for count in sizes for line in measure(count)]))


if __name__ == "__main__":
    main()
