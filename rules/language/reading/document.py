"""What a YAML document of ours is read with: `read_yaml` for the tree, `validate` for the model.

Serves the rules and any other document (config.yaml) alike: every error has its file, line and column.
"""

from rules.language.codes import Code
from rules.language.reading.problems import DocumentError, Problem
from rules.language.reading.validation import check, validate
from rules.language.reading.yaml import ListNode, MapNode, Node, Scalar, parse_yaml, read_yaml

__all__ = [
    "Code",
    "DocumentError",
    "ListNode",
    "MapNode",
    "Node",
    "Problem",
    "Scalar",
    "check",
    "parse_yaml",
    "read_yaml",
    "validate",
]
