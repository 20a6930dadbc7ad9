"""The claims ledger: every claim bound to a query and a rule, its verdict computed."""

from .ledger import QUERIES, claims_ledger
from .rules import RULES

__all__ = ["QUERIES", "RULES", "claims_ledger"]
