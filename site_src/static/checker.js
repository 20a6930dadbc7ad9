// The page around the worker. Findings are shown in a frame that cannot run scripts.
"use strict";

const $ = (id) => document.getElementById(id);
let worker, addresses = [];

function say(words) { $("state").textContent = words; }

function busy(on) {
  $("run").disabled = on;
  $("stop").hidden = !on;
  document.body.dataset.checker = on ? "busy" : "ready";
}

function begin() {
  worker = new Worker("static/worker.js", { type: "module" });
  worker.onmessage = ({ data }) => answers[data.kind](data);
  worker.onerror = () => answers.failed({ message: "the browser did not start it" });
  document.body.dataset.checker = "loading";
}

function save(id, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  addresses.push(address);
  $(id).href = address;
}

const answers = {
  state: ({ state }) => say(state),
  ready: () => { busy(false); say("Ready."); },
  failed: ({ message }) => say(`The checker could not start: ${message}.`),
  refused: ({ message }) => { busy(false); say(message); },
  text: ({ text }) => { $("text").value = text; check(); },
  result: ({ count, most, json, page, milliseconds }) => {
    busy(false);
    say(`Done in ${(milliseconds / 1000).toFixed(2)} seconds.`);
    addresses.splice(0).forEach((address) => URL.revokeObjectURL(address));
    save("json", json, "application/json");
    save("page", page, "text/html");
    $("summary").textContent = found(count, most);
    $("findings").src = $("page").href; // an address of its own, so that links within the findings work
    $("result").hidden = false;
    $("result-head").focus();
  },
};

function found(count, most) {
  if (!count) return "No claim about ketamine for PTSD was recognised. (Only English is read.)";
  const rest = count > most ? ` The first ${most} are shown; the terminal gives all.` : "";
  return `${count} ${count === 1 ? "claim" : "claims"} found.${rest}`;
}

// No scrolling inside a frame, unless the list is very long.
$("findings").addEventListener("load", () => {
  const inside = $("findings").contentDocument?.documentElement;
  if (inside) $("findings").style.height = `${Math.min(inside.scrollHeight + 40, 60000)}px`;
});

function check() {
  busy(true);
  say("Checking.");
  worker.postMessage({ text: $("text").value });
}

async function read(file) {
  busy(true);
  say("Reading the file.");
  worker.postMessage({ bytes: new Uint8Array(await file.arrayBuffer()) });
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); check(); });
$("stop").addEventListener("click", () => { worker.terminate(); say("Stopped."); $("stop").hidden = true; begin(); });
$("file").addEventListener("change", () => { if ($("file").files[0]) read($("file").files[0]); $("file").value = ""; });
$("text").addEventListener("dragover", (event) => { event.preventDefault(); $("text").classList.add("over"); });
$("text").addEventListener("dragleave", () => $("text").classList.remove("over"));
$("text").addEventListener("drop", (event) => {
  $("text").classList.remove("over");
  const file = event.dataTransfer.files[0];
  if (file && !$("run").disabled) { event.preventDefault(); read(file); }
});

$("checker").hidden = false;
if (location.protocol === "file:") {
  say("Browsers start the checker only from a server. Run “make serve” in the repository, or use the terminal.");
} else {
  begin();
}
