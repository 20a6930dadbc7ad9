"""Evidence review of ketamine for post-traumatic stress disorder: load, pool, check."""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

# Names are imported when first used, so that `import evidence` costs no more than the interpreter.
_HOMES = {
    "errors": ["ConvergenceError", "DataError", "DataErrors", "EvidenceError"],
    "data": ["Review", "load"],
    "validate": ["validate"],
    "choices": ["Choices"],
    "escalc": [
        "hedges_g",
        "interval_se_parallel",
        "log_ratio_of_means",
        "mean_difference",
        "smd_from_ci",
        "smd_from_md_ci",
        "smd_from_md_se",
        "smd_from_p",
        "smd_from_t",
    ],
    "paired": ["crossover_g", "interval_se_crossover", "mean_change", "smcc", "smcr"],
    "conversions": [
        "log_odds_ratio_from_smd",
        "sd_from_md_se",
        "se_from_ci",
        "se_from_p",
        "smd_from_log_odds_ratio",
        "t_from_ci",
        "t_from_f",
        "t_from_p",
    ],
    "two_by_two": ["log_odds_ratio", "log_risk_ratio", "risk_difference"],
    "effects": ["effect_sizes"],
    "pool": ["PoolResult", "pool", "pool_many"],
    "regression": ["meta_regression"],
    "influence": ["gosh", "leave_one_out"],
    "smallstudy": ["egger", "rank_test", "trim_and_fill"],
    "partial": ["PartialResult", "pool_partial", "pool_partial_many"],
    "multilevel": ["pool_multilevel", "rho_sweep"],
    "robust": ["cr2"],
    "metapsy": ["read_metapsy", "to_metapsy"],
    "joint": ["pool_joint"],
    "certainty_outcomes": ["certainty_ratings"],
    "textcheck": ["Finding", "TextReport", "check_text"],
    "claims": ["claims_ledger"],
    "efficacy": ["pool_all", "pool_window"],
    "dichotomous": ["exact_odds_ratio", "mantel_haenszel", "peto"],
    "absolute_risk": ["newcombe_interval", "number_needed_to_treat", "zero_event_upper_bound"],
    "arms": ["change_from_baseline", "combine_arms", "sd_from_ci", "sd_from_se", "split_arm"],
    "quantiles": ["mean_sd_from_five_numbers", "mean_sd_from_quartiles", "mean_sd_from_range"],
    "statements": ["answer_table"],
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


class _Package(ModuleType):
    """A package whose function `pool` is not replaced by its submodule `pool` when that is imported."""

    def __setattr__(self, name, value):
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
