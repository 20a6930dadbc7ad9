"""Evidence review of ketamine for post-traumatic stress disorder: load, pool, check."""

from importlib import import_module

__version__ = "0.1.0"

# Names are imported when first used, so that `import evidence` costs no more than the interpreter.
_HOMES = {
    "errors": ["ConvergenceError", "DataError", "DataErrors", "EvidenceError"],
    "data": ["Review", "load"],
    "validate": ["validate"],
    "choices": ["Choices"],
    "escalc": [
        "hedges_g", "interval_se_parallel", "log_ratio_of_means", "mean_difference", "smd_from_ci", "smd_from_md_ci",
        "smd_from_md_se", "smd_from_p", "smd_from_t",
    ],
    "paired": ["crossover_g", "interval_se_crossover", "mean_change", "smcc", "smcr"],
    "two_by_two": ["log_odds_ratio", "log_risk_ratio", "risk_difference"],
    "effects": ["effect_sizes"],
    "pool": ["pool", "pool_many"],
    "partial": ["pool_partial", "pool_partial_many"],
    "multilevel": ["pool_multilevel"],
    "efficacy": ["pool_all", "pool_window"],
    "wanted": ["wanted"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'evidence' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
