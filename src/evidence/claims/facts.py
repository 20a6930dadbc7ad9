"""
Queries of facts outside the trials: law and guidelines, harms, mechanism, other treatments, practice.

Their words are those of ``answers_template.json``, which the text checker uses too, with the numbers of the
fact rows in them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..measures.absolute_risk import zero_event_upper_bound
from ..prose.wording import answer, percent
from ..review.safety import harm_contrasts, harms, published_harm_ratios
from .queries import minutes
from .view import Answer, cited


def told(view, text, topic, **values) -> Answer:
    """
    Facts of the template as an answer.

    Parameters
    ----------
    view : View
    text : str
        Sentence part with names of ``facts`` in braces.
    topic : str
        Topics of the text checker whose suggestions are the wording, separated by spaces.
    **values : float or str
        What rules read; of a text, which names facts, the number of fact rows behind them.

    Returns
    -------
    Answer
    """
    said = {name: view.said[name] for name in re.findall(r"{(\w+)}", text)}
    numbers = {
        name: sum(len(view.said[fact]["fact_ids"]) for fact in v.split()) if isinstance(v, str) else v
        for name, v in values.items()
    }
    return Answer(
        text.format(**{name: fact["say"] for name, fact in said.items()}),
        "",
        numbers,
        tuple(dict.fromkeys(key for fact in said.values() for key in fact["sources"])),
        tuple(dict.fromkeys(i for fact in said.values() for i in fact["fact_ids"])),
        topic=topic,
    )


def value(view, fact) -> float:
    """Number of a fact row."""
    return float(view.facts[fact]["value"])


def usual_treatments(view) -> Answer:
    """Response to the usual medicines and its comparison, and the effect of psychotherapy."""
    others = 1 - value(view, "F0558") / 100
    text = "response to SSRIs was {ssri_response}, {ssri_smd}; {therapy_smd}"
    return told(view, text, "ssri_effect", share=others)


def usual_onset(view) -> Answer:
    """Who responds early to a usual medicine."""
    return told(view, "{ssri_early}", "onset_vs_ssri", exceptions=value(view, "F0564"))


def disorders(view) -> Answer:
    """Where ketamine is approved, beside its standing in PTSD."""
    text = "{spravato}; {fda}; {esk_ptsd}"
    return told(view, text, "efficacy_overall", against="spravato fda esk_ptsd")


def status(view) -> Answer:
    """Approval and guideline position for PTSD."""
    return told(view, "{fda}; {guideline}", "regulatory_fda guideline", against="fda guideline")


def nasal_visit(view) -> Answer:
    """Time a person spends at the clinic for a spray, beside an infusion."""
    shortest, infusion = 60 * value(view, "F0585"), minutes(view)
    found = told(view, "{observation}", "monitoring_intranasal")
    return replace(
        found,
        say=f"the licensed spray requires observation for {found.say} after each dose; {infusion.say}",
        values={
            "low": shortest,
            "high": float("inf"),
            "against": float(shortest > infusion.values["high"]),
        },
        sources=found.sources + infusion.sources,
        fact_ids=found.fact_ids + infusion.fact_ids,
    )


def acute_effects(view, named=("dissociation", "dizziness", "nausea")) -> Answer:
    """Acute effects that a claim names: excess over the comparator, and further effects with one."""
    rows = harm_contrasts(view.review)
    rows = rows[(rows["kind"] == "acute effect") & ~rows["enriched"]]
    clear = rows[rows["rd_low"] > 0]
    listed = clear[clear["outcome"].isin(named)]
    parts = [
        f"{outcome} {percent(one)} against {percent(two)}"
        for outcome, one, two in zip(
            listed["outcome"], listed["a"] / listed["n1"], listed["c"] / listed["n2"], strict=True
        )
    ]
    ratios = published_harm_ratios(view.review)
    ratios = ratios[ratios["clear"]]
    others = sorted(set(clear["outcome"].str.replace("_", " ")) - set(named))
    say = answer(
        "{parts:list} (depression trials of esketamine); in PTSD trials a published pool finds more "
        "{ptsd:list}; also more frequent: {others:list}",
        parts=parts,
        ptsd=list(ratios["outcome"]),
        others=others,
    )
    a, b = cited(clear), cited(ratios)
    values = {"named": len(named), "clear": listed["outcome"].nunique()}
    return Answer(say, "", values, a[0] + b[0], a[1] + b[1], topic="common_ae")


def passing(view) -> Answer:
    """How fast acute effects pass, and what does not merely pass."""
    text = "{acute_gone}; {transient_trd}; {severe_bp}"
    return told(view, text, "common_ae", exceptions=value(view, "F0721"))


def urinary(view) -> Answer:
    """Urinary harm: recreational users, and trials."""
    rows = harm_contrasts(view.review)
    clear = float((rows.loc[rows["kind"] == "urinary", "rd_low"] > 0).any())
    text = "{urinary}; in depression trials {pollakiuria}"
    return told(view, text, "bladder", elsewhere="urinary", trials=clear)


def thinking(view) -> Answer:
    """Harm to thinking: frequent recreational users; no excess was found in supervised trials."""
    text = "{cognition_users}; {cognition_trials}"
    return told(view, text, "cognition", elsewhere="cognition_users", trials=0)


def serious(view) -> Answer:
    """Serious events in people with PTSD, what their absence leaves possible, and long courses."""
    rows = harms(view.review)
    rows = rows[(rows["outcome"] == "serious_adverse_event") & (rows["evidence"] != "indirect")]
    ptsd = rows[rows["arm_role"] != "comparator"]
    n, events = int(ptsd["n"].sum()), int(ptsd["events"].sum())
    bound = float("nan") if events else float(zero_event_upper_bound(n))
    say = answer(
        "{events:count serious event} among {n:count treated person} with PTSD in studies that counted them",
        events=events,
        n=n,
    )
    if not events:
        say += answer(", which leaves a risk of up to {bound:percent} possible", bound=bound)
    wider = told(view, "{serious_long}; {fda_risks}", "safety_overall")
    a = cited(ptsd)
    return replace(
        wider,
        say=f"{say}; {wider.say}",
        values={"events": events, "bound": bound},
        sources=a[0] + wider.sources,
        fact_ids=a[1] + wider.fact_ids,
        outcome="serious_adverse_event",
    )


def synapses(view) -> Answer:
    """Growth of synapses: animals, and people."""
    text = "{rats}, {mice}; in people PET showed {sv2a}"
    return told(view, text, "mechanism_synapse_human", elsewhere="rats mice", shown=0, against="sv2a")


def thoughts(view) -> Answer:
    """Negative thoughts: a report on symptom clusters, and the plasticity that was looked for in people."""
    text = "{clusters}; PET showed {sv2a}"
    return told(view, text, "mechanism_thoughts", elsewhere=0, shown="clusters", against="sv2a")


def glutamate(view) -> Answer:
    """Action on glutamate: receptor pharmacology; nothing measured in PTSD."""
    text = "ketamine is a {nmda}"
    return told(view, text, "mechanism_glutamate", elsewhere="nmda", shown=0, against=0)


def circuits(view) -> Answer:
    """Brain circuits: an imaging result, and no study that links it to symptoms."""
    text = "no study links circuits to symptoms; one trial saw {amygdala}"
    return told(view, text, "mechanism_rewiring", measured=0)


def lasting(view) -> Answer:
    """How long responders kept their response."""
    text = (
        "responders relapsed after {relapse_rct} and {relapse_series}; in a clinic programme {lost_6months}"
    )
    return told(view, text, "six_months")


def blood_pressure(view) -> Answer:
    """Rise of blood pressure after a dose."""
    return told(view, "blood pressure rises by {systolic}; {severe_bp}", "blood_pressure")


def misuse(view) -> Answer:
    """Misuse and dependence."""
    return told(view, "{dependent}; {craving}", "dependence")
