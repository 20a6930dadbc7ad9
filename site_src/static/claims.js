// Filter of the claims page; without it every claim is shown.
"use strict";

const form = document.getElementById("filter");
const claims = [...document.querySelectorAll(".claims > li")];
const words = new Map(claims.map((claim) => [claim, claim.textContent.toLowerCase()]));

function apply() {
  const verdict = form.elements.verdict.value;
  const terms = document.getElementById("claim-words").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const claim of claims) {
    const fits = (!verdict || claim.dataset.verdict === verdict) && terms.every((term) => words.get(claim).includes(term));
    claim.hidden = !fits;
    shown += fits;
  }
  document.getElementById("claim-count").textContent = `${shown} of ${claims.length} claims shown.`;
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
const asked = new URLSearchParams(location.search).get("verdict");
const choice = [...form.elements.verdict].find((option) => option.value === asked);
if (choice) choice.checked = true;
apply();
