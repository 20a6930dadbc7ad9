// Full-text search over window.searchIndex: [address, page, heading, words]. No request, no storage.
"use strict";

const MOST = 60;
const AROUND = 110;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const terms = (query) => fold(query).split(/[\s"]+/).filter(Boolean);

// A section counts when it or its page name has every term; names count more than words.
function score(entry, wanted) {
  let total = 0;
  for (const term of wanted) {
    const hits = entry.words.split(term).length - 1;
    const named = entry.name.includes(term);
    if (!hits && !named) return 0;
    total += Math.min(hits, 5) + (named ? 12 : 0);
  }
  return total;
}

function find(query) {
  const wanted = terms(query);
  if (!wanted.length) return [];
  return entries
    .map((entry) => ({ entry, points: score(entry, wanted) }))
    .filter((hit) => hit.points)
    .sort((a, b) => b.points - a.points);
}

// The first place of a term, with the terms marked; built from text nodes, so nothing in it is obeyed.
function excerpt(words, wanted) {
  const folded = fold(words);
  const aligned = folded.length === words.length;
  const first = Math.max(0, Math.min(...wanted.map((t) => folded.indexOf(t)).filter((i) => i >= 0), words.length));
  const start = first > AROUND ? words.indexOf(" ", first - AROUND) + 1 : 0;
  const piece = words.slice(start, first + 2 * AROUND);
  const line = document.createElement("p");
  if (start) line.append("… ");
  let place = 0;
  while (aligned && place < piece.length) {
    const hits = wanted.map((t) => [fold(piece).indexOf(t, place), t.length]).filter(([i]) => i >= 0);
    if (!hits.length) break;
    const [at, length] = hits.sort((a, b) => a[0] - b[0])[0];
    const mark = document.createElement("mark");
    mark.textContent = piece.slice(at, at + length);
    line.append(piece.slice(place, at), mark);
    place = at + length;
  }
  line.append(piece.slice(place));
  if (first + 2 * AROUND < words.length) line.append(" …");
  return line;
}

function show(query) {
  const hits = find(query);
  const list = document.getElementById("results");
  list.replaceChildren(...hits.slice(0, MOST).map(({ entry }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = entry.address;
    link.textContent = entry.heading ? `${entry.page}: ${entry.heading}` : entry.page;
    item.append(link, excerpt(entry.text, terms(query)));
    return item;
  }));
  const shown = hits.length > MOST ? `, the first ${MOST} shown` : "";
  document.getElementById("count").textContent = query.trim()
    ? `${hits.length} ${hits.length === 1 ? "place" : "places"} with ${terms(query).map((t) => `“${t}”`).join(" and ")}${shown}.`
    : "";
}

const entries = window.searchIndex.map(([address, page, heading, text]) => ({
  address, page, heading, text, words: fold(text), name: fold(`${page} ${heading}`),
}));
const box = document.getElementById("words");
box.value = new URLSearchParams(location.search).get("q") ?? "";
box.addEventListener("input", () => show(box.value));
box.form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `?q=${encodeURIComponent(box.value)}`);
  show(box.value);
});
show(box.value);
