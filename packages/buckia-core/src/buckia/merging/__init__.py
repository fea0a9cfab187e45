"""Three SQLite files become one, row by row; what both sides changed is decided and told."""

from buckia.merging.diffing import differences
from buckia.merging.model import Merged, Row, RowChange, RowConflict, Value
from buckia.merging.opening import need_library
from buckia.merging.reporting import write_conflicts
from buckia.merging.rules import RowRules, Rule, parse_rule
from buckia.merging.whole import merge

__all__ = [
    "Merged",
    "Row",
    "RowChange",
    "RowConflict",
    "RowRules",
    "Rule",
    "Value",
    "differences",
    "merge",
    "need_library",
    "parse_rule",
    "write_conflicts",
]
