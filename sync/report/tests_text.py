"""What the tests beside the rules came to, for machines: JSON, and JUnit XML as build servers read it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rules.testing import TestResult, TestRun
from sync.log import inert_lines


def tests_json(ran: TestRun) -> dict[str, Any]:
    """Every test with its differences, and the coverage."""
    return {
        "passed": ran.passed,
        "tests": [
            {
                "name": result.test.name,
                "place": str(result.test.source),
                "account": result.test.account,
                "passed": result.passed,
                "differences": [asdict(difference) for difference in result.differences],
            }
            for result in ran.results
        ],
        "coverage": {
            "share": ran.coverage,
            "covered": list(ran.covered),
            "uncovered": list(ran.uncovered),
        },
    }


def junit_xml(ran: TestRun) -> str:
    """One test suite; a test that fails holds its differences and how the account came out."""
    failed = sum(not result.passed for result in ran.results)
    suite = ET.Element(
        "testsuite", name="territory rules", tests=str(len(ran.results)), failures=str(failed), errors="0"
    )
    for result in ran.results:
        _case(suite, result)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, result: TestResult) -> None:
    source = result.test.source
    case = ET.SubElement(
        suite,
        "testcase",
        name=_legal(result.test.name),
        classname=_legal(Path(source.file).stem),
        file=_legal(source.file),
        line=str(source.line),
    )
    if not result.passed:
        first = _legal("; ".join(map(str, result.differences)))
        ET.SubElement(case, "failure", message=first, type="difference").text = _legal(str(result))


def _legal(text: str) -> str:
    """XML 1.0 has no control characters but tab and line ends, and no surrogates (https://www.w3.org/TR/xml/#charsets)."""
    shown = inert_lines(text)
    return "".join(
        c if c in "\t\n" or (" " <= c <= "\ud7ff") or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "�"
        for c in shown
    )
