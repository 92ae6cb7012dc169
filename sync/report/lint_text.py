"""A report on the rules for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rules.language.reading.problems import safe
from sync.answers.linting import LintReport, Remark, beside
from sync.log import inert_lines

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def lint_text(report: LintReport) -> str:
    """Every remark with its place, then what was looked at."""
    lines = [inert_lines(remark.text) for remark in report.remarks]
    counts = ", ".join(
        f"{count:,} {severity}{'s' if count != 1 else ''}"
        for severity in ("error", "warning", "note")
        if (count := report.count(severity))
    )
    verdict = "not ok" if report.count("error") else "ok"
    return "\n".join([*lines, f"{verdict}: {report.counted}{f'; {counts}' if counts else ''}"]) + "\n"


def lint_json(report: LintReport) -> dict[str, Any]:
    """The same as plain values."""
    counts = {severity: report.count(severity) for severity in ("error", "warning", "note")}
    remarks = [{k: v for k, v in asdict(remark).items() if k != "text"} for remark in report.remarks]
    return {"looked_at": report.counted, "counts": counts, "remarks": remarks}


def lint_sarif(report: LintReport, folder: Path, meanings: Mapping[str, str], version: str) -> dict[str, Any]:
    """SARIF 2.1.0 (OASIS), for code review in a browser: files are named from the working directory."""
    codes = sorted({remark.code for remark in report.remarks})
    driver = {
        "name": "territory-sync",
        "version": version,
        "rules": [{"id": code, "shortDescription": {"text": meanings.get(code, code)}} for code in codes],
    }
    results = [_result(remark, folder, codes) for remark in report.remarks]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF, "version": "2.1.0", "runs": [run]}


def _result(remark: Remark, folder: Path, codes: list[str]) -> dict[str, Any]:
    witness = f" For example: {remark.witness}." if remark.witness else ""
    place = {
        "artifactLocation": {"uri": quote(beside(folder / remark.file, Path()))},
        "region": {"startLine": max(1, remark.line), "startColumn": max(1, remark.column)},
    }
    return {
        "ruleId": remark.code,
        "ruleIndex": codes.index(remark.code),
        "level": remark.severity,
        "message": {"text": safe(remark.sentence + "." + witness)},
        "locations": [{"physicalLocation": place}],
    }
