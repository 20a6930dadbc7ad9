// Runs the package's own checker, unchanged, in a Python that is part of this site.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const MOST = 1000; // findings shown: a megabyte of claims would otherwise fill the browser's memory

const say = (state) => postMessage({ kind: "state", state });

async function start() {
  say("Loading Python (about 13 MB, kept by your browser for the next time).");
  const [python, modules] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href }),
    fetch(new URL("./evidence.zip", import.meta.url)).then((answer) => answer.arrayBuffer()),
  ]);
  say("Loading the checker.");
  python.unpackArchive(modules, "zip", { extractDir: "/checker" });
  python.runPython(`
import sys
sys.path.insert(0, "/checker")
from evidence.textcheck import TextReport, check_text, read_text

def check(text):
    report = check_text(text)
    shown = TextReport(text, report.findings[:${MOST}])
    return len(report.findings), shown.to_json(), shown.to_html()
check_text("Ketamine helps veterans with PTSD within hours.")
`);
  return python;
}

const ready = start();
ready.then(
  () => { postMessage({ kind: "ready" }); },
  (error) => { postMessage({ kind: "failed", message: String(error) }); },
);

// Python's own last line says what was wrong; the lines before it are for programmers.
const reason = (error) => String(error.message ?? error).trim().split("\n").at(-1).replace(/^\w*Error: /, "");

onmessage = async ({ data }) => {
  const python = await ready;
  try {
    if (data.bytes) {
      python.FS.writeFile("/your-file", data.bytes);
      postMessage({ kind: "text", text: python.globals.get("read_text")("/your-file") });
      return;
    }
    const started = performance.now();
    const found = python.globals.get("check")(data.text);
    const [count, json, page] = found.toJs();
    found.destroy();
    postMessage({ kind: "result", count, most: MOST, json, page, milliseconds: performance.now() - started });
  } catch (error) {
    postMessage({ kind: "refused", message: reason(error) });
  }
};
