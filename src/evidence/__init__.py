"""Evidence review of ketamine for post-traumatic stress disorder: load, pool, check."""

from importlib import import_module

__version__ = "0.1.0"

# Names are imported when first used, so that `import evidence` costs no more than the interpreter.
_HOMES = {
    "errors": ["ConvergenceError", "DataError", "DataErrors", "EvidenceError"],
    "data.load": ["Review", "load"],
    "data.validate": ["validate"],
    "choices": ["Choices"],
    "measures.escalc": [
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
    "measures.paired": ["crossover_g", "interval_se_crossover", "mean_change", "smcc", "smcr"],
    "measures.conversions": [
        "log_odds_ratio_from_smd",
        "sd_from_md_se",
        "se_from_ci",
        "se_from_p",
        "smd_from_log_odds_ratio",
        "t_from_ci",
        "t_from_f",
        "t_from_p",
    ],
    "measures.two_by_two": ["log_odds_ratio", "log_risk_ratio", "risk_difference"],
    "review.effects": ["effect_sizes"],
    "models.pool": ["PoolResult", "pool", "pool_many"],
    "models.regression": ["meta_regression"],
    "models.influence": ["gosh", "leave_one_out"],
    "models.smallstudy": ["egger", "rank_test", "trim_and_fill"],
    "partial.pool": ["PartialResult", "pool_partial", "pool_partial_many"],
    "models.multilevel": ["pool_multilevel", "rho_sweep"],
    "models.robust": ["cr2"],
    "review.metapsy": ["read_metapsy", "to_metapsy"],
    "partial.joint": ["pool_joint"],
    "certainty.outcomes": ["certainty_ratings"],
    "textcheck": ["Finding", "TextReport", "check_text"],
    "claims": ["claims_ledger"],
    "review.efficacy": ["pool_all", "pool_window"],
    "models.dichotomous": ["exact_odds_ratio", "mantel_haenszel", "peto"],
    "measures.absolute_risk": ["newcombe_interval", "number_needed_to_treat", "zero_event_upper_bound"],
    "measures.arms": ["change_from_baseline", "combine_arms", "sd_from_ci", "sd_from_se", "split_arm"],
    "measures.quantiles": ["mean_sd_from_five_numbers", "mean_sd_from_quartiles", "mean_sd_from_range"],
    "report.statements": ["answer_table"],
    "review.wanted": ["wanted"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'evidence' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
