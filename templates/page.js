"use strict";
/* Every text that comes from the ledger is set as text, and never read as HTML. */
const data = JSON.parse(document.getElementById("data").textContent);
let byName, rowOf;
function index() {
  byName = new Map(data.artifacts.map((one) => [one.name, one]));
  rowOf = new Map(data.rows.map((row) => [row.artifact, row]));
}
index();
const get = (id) => document.getElementById(id);
const STEP = 50;
/* Who waits for a person comes first, then what goes on by itself, then what is done, the newest first. */
const FIRST = ["waiting", "asking", "blocked", "failed", "paused", "due", "queued", "sealed"];
let shown = STEP;

function make(tag, values, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(values || {})) {
    if (value !== "" && value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== ""));
  return element;
}
const quiet = (text) => make("span", { class: "quiet" }, text);
const link = (name, text) => make("a", { href: "#/" + encodeURIComponent(name) }, text || name);
const word = (text) => make("span", { class: "state " + text }, text);

function placeArtifacts() {
  for (const place of document.querySelectorAll("[data-cell]")) {
    const here = data.artifacts.filter((one) => one.at === place.dataset.cell);
    place.replaceChildren(...here.slice(0, 12).map((one) => link(one.name)));
    if (here.length > 12) place.append(quiet("and " + (here.length - 12) + " more"));
  }
}

function listArtifacts() {
  const wanted = get("filter").value.trim().toLowerCase();
  const state = get("state").value;
  const places = new Map(data.artifacts.map((one, at) => [one, FIRST.indexOf(one.state) * 2 * data.artifacts.length + (one.state === "sealed" ? -at : at)]));
  const found = data.artifacts.filter((one) =>
    (!state || one.state === state) &&
    (!wanted || (one.name + " " + one.title + " " + one.said).toLowerCase().includes(wanted)))
    .sort((one, other) => places.get(one) - places.get(other));
  get("artifacts").tBodies[0].replaceChildren(...found.slice(0, shown).map((one) =>
    make("tr", {},
      make("th", { scope: "row" }, link(one.name), make("br"), quiet(one.title)),
      make("td", {}, word(one.state)),
      make("td", {}, one.said, one.command ? make("br") : "", one.command ? make("code", {}, one.command) : ""))));
  get("more").hidden = found.length <= shown;
  get("count").textContent = Math.min(shown, found.length) + " of " + found.length;
}

function facts(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) {
    if (value == null || value === "" || (Array.isArray(value) && !value.length)) continue;
    list.append(make("dt", {}, name), make("dd", {}, Array.isArray(value) ? value.join(", ") : value));
  }
  return list;
}
const list = (items) => (items.length ? make("ul", {}, items.map((item) => make("li", {}, item))) : "");
const fold = (title, ...inside) => make("details", {}, make("summary", {}, title), ...inside);

function drawRound(name, round) {
  const stages = round.stages;
  const starts = stages.map((one) => Date.parse(one.began));
  const first = Math.min(...starts);
  const last = Math.max(...stages.map((one, i) => starts[i] + one.seconds * 1000), first + 1);
  const axis = make("div", { class: "axis", "aria-hidden": "true" });
  stages.forEach((one, i) => {
    const bar = make("div", { class: "bar", title: one.id + " " + one.took });
    bar.style.left = ((starts[i] - first) / (last - first)) * 100 + "%";
    bar.style.width = Math.max(((one.seconds * 1000) / (last - first)) * 100, 0.4) + "%";
    axis.append(bar);
  });
  const lines = Object.entries(round.lines).filter(([, n]) => n.added || n.removed).map(([surface, n]) => "+" + n.added + " −" + n.removed + " " + surface);
  const table = make("table", {},
    make("thead", {}, make("tr", {}, ["stage", "outcome", "took", "cost", "what it came to"].map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, stages.map((one) => make("tr", { id: name + "/" + one.id },
      make("th", { scope: "row" }, one.id, make("br"), quiet(one.kind + ", by " + one.by)),
      make("td", {}, word(one.outcome)),
      make("td", {}, one.took, one.attempts > 1 ? make("br") : "", one.attempts > 1 ? quiet(one.attempts + " attempts") : ""),
      make("td", {}, one.usd, make("br"), quiet(one.tokens + " tokens")),
      make("td", {}, one.said, list(one.failed),
        fold("took and handed on", facts([["took", one.takes], ["handed", one.hands], ["inputs", one.inputs], ["digest", one.digest]])))))));
  const title = round.number ? "Round " + round.number : "Beside the rounds";
  return make("section", { class: "round" },
    make("h3", {}, title + (round.opened ? ", opened by a " + round.opened : "")),
    lines.length ? make("p", {}, lines.join(", ")) : "", axis,
    make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": title }, table));
}

function drawDiff(text, remark) {
  const pre = make("pre", { class: "diff", tabindex: "0" });
  let file = "", number = 0;
  for (const line of text.split("\n")) {
    const kind = line.startsWith("diff --git") ? "file" : /^\+(?!\+\+ )/.test(line) ? "add" : /^-(?!-- )/.test(line) ? "del" : "";
    if (kind === "file") file = line.split(" b/").pop();
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) number = Number(hunk[1]) - 1;
    else if (kind !== "del" && kind !== "file") number += 1;
    const row = make("span", { class: kind || "same" }, line);
    if (remark && (kind === "add" || kind === "del")) {
      const place = file + ":" + number;
      row.append(" ", make("button", { type: "button", class: "remark", "aria-label": "remark on " + place }, "remark"));
      row.lastChild.addEventListener("click", () => remark(row, file, place));
    }
    pre.append(row);
  }
  return pre;
}

/* Answers to a review, where the page comes from `factory serve`. */
const kept = new Map();
function drawReview(one) {
  const mine = kept.get(one.review) || { findings: [], text: "" };
  kept.set(one.review, mine);
  const told = make("p", { role: "alert" });
  const remarks = make("ul");
  const field = make("textarea", { rows: "3", id: "findings" });
  field.value = mine.text;
  field.addEventListener("input", () => { mine.text = field.value; });
  function refresh() {
    remarks.replaceChildren(...mine.findings.map((found, i) => {
      const away = make("button", { type: "button", "aria-label": "remove: " + found.statement }, "remove");
      away.addEventListener("click", () => { mine.findings.splice(i, 1); refresh(); });
      return make("li", {}, found.statement + " ", away);
    }));
  }
  async function send(decision) {
    const lines = mine.text.split("\n").map((line) => line.trim()).filter(Boolean);
    const findings = decision === "approve" ? [] : [...mine.findings, ...lines.map((statement) => ({ statement }))];
    told.textContent = "sending …";
    try {
      const reply = await fetch("review", { method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name: one.name, seen: one.review, decision, findings }) });
      const answer = await reply.json();
      told.textContent = answer.error || answer.said;
      if (!answer.error) kept.delete(one.review);
    } catch (failure) {
      told.textContent = "the server does not answer: is `factory serve` still running?";
    }
  }
  const approve = make("button", { type: "button" }, "approve");
  const ask = make("button", { type: "button" }, "ask for changes");
  approve.addEventListener("click", () => send("approve"));
  ask.addEventListener("click", () => send("request-changes"));
  refresh();
  const form = make("section", { class: "answer", "aria-label": "review" }, make("h3", {}, "Your review"), remarks,
    make("label", { for: "findings" }, "Findings, one a line; or remark on lines of the change below"), make("br"), field,
    make("p", {}, approve, " ", ask), told);
  const remark = (row, file, place) => {
    if (row.nextSibling && row.nextSibling.className === "asking") return row.nextSibling.querySelector("input").focus();
    const input = make("input", { "aria-label": "finding on " + place });
    const add = make("button", { type: "button" }, "add");
    const asking = make("span", { class: "asking" }, input, " ", add);
    const done = () => {
      if (input.value.trim()) mine.findings.push({ statement: place + ": " + input.value.trim(), paths: [file] });
      asking.remove();
      refresh();
    };
    add.addEventListener("click", done);
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") done(); });
    row.after(asking);
    input.focus();
  };
  return [form, remark];
}

function drawVerdict(verdict) {
  return [make("h3", {}, "Verdict"), make("p", {}, word(verdict.outcome), " " + verdict.said),
    list(verdict.shown),
    verdict.open.length ? make("p", { class: "quiet" }, "Left open:") : "", list(verdict.open),
    verdict.unverified.length ? make("p", {}, "No scope is about " + verdict.unverified.join(", ")) : "",
    verdict.checks.map((check) => fold(
      check.scope + ": " + check.outcome + (check.tests ? ", " + check.tests.run + (check.tests.run === 1 ? " test" : " tests") : ""),
      facts([["chosen", check.chosen], ["reason", check.reason], ["failed", check.failures]]),
      list(check.why), check.output ? make("pre", { tabindex: "0" }, check.output) : ""))];
}

function drawArtifact(one) {
  const row = rowOf.get(one.name);
  const parts = [make("p", {}, make("a", { href: "#" }, "← all artifacts")), make("h2", {}, one.title),
    make("p", {}, one.said.startsWith(one.state) ? "" : word(one.state), " ", one.said.startsWith(one.state) ? make("span", { class: "state " + one.state }, one.said) : one.said),
    one.command ? make("p", {}, make("code", {}, one.command)) : "",
    facts([["name", one.name], ["goal", one.goal], ["consumer", one.consumer], ["source", one.source],
      ["merged", one.merged], ["time", row && row.took], ["cost", row && row.cost]])];
  if (one.elsewhere) parts.push(quiet("There was no room for its details here; they lie in state/factory-artifacts/" + one.name + "."));
  if (one.rounds) {
    parts.push(make("h3", {}, "Rounds"), one.rounds.map((round) => drawRound(one.name, round)));
    if (one.findings.length) parts.push(make("h3", {}, "Findings"), list(one.findings.map((found) => make("span", {},
      make("strong", {}, [found.severity, found.kind].filter(Boolean).join(" ")), " " + found.statement + " ",
      quiet([found.stage + ", by " + found.by, found.paths.join(", "), found.prior && "prior " + found.prior].filter(Boolean).join("; "))))));
    if (one.guards.length) parts.push(make("h3", {}, "Guards"), list(one.guards.map((guard) =>
      make("span", {}, word(guard.outcome), " " + guard.prior + ": " + guard.said))));
    if (one.verdict) parts.push(drawVerdict(one.verdict));
    if (one.memo) parts.push(make("h3", {}, "Memo"), make("p", {}, one.memo.summary),
      fold("files and tests", list(one.memo.files.map((file) => file.path + ": " + file.why)), list(one.memo.tests.map((test) => test.path + ": " + test.why))));
    if (one.packet) parts.push(make("h3", {}, "Packet"), fold("what review read", make("pre", { tabindex: "0" }, one.packet)));
    const surfaces = Object.entries(one.diff);
    const [form, remark] = data.live && one.review ? drawReview(one) : [];
    if (form) parts.push(form);
    if (surfaces.length) parts.push(make("h3", {}, "Change"), surfaces.map(([surface, text]) => fold(surface, drawDiff(text, remark))));
    if (one.note) parts.push(make("h3", {}, "Post-run note"), fold("the note", make("pre", { tabindex: "0" }, one.note)));
  }
  get("artifact").replaceChildren(...parts.flat(2).filter((part) => part != null && part !== ""));
}

async function unpacked(name) {
  const packed = data.details[name];
  if (!packed) return { elsewhere: true };
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

async function route() {
  const hash = location.hash;
  const name = decodeURIComponent(hash.startsWith("#/") ? hash.slice(2) : "");
  const one = byName.get(name);
  const details = one && (await unpacked(name));
  if (location.hash !== hash) return;
  get("overview").hidden = !!one;
  get("artifact").hidden = !one;
  document.title = (one ? one.title + " · " : "") + data.name + " · factoryline";
  if (one) { drawArtifact({ ...one, ...details }); scrollTo(0, 0); get("main").focus({ preventScroll: true }); }
}

for (const state of [...new Set(data.artifacts.map((one) => one.state))].sort()) get("state").append(make("option", { value: state }, state));
get("filter").addEventListener("input", () => { shown = STEP; listArtifacts(); });
get("state").addEventListener("change", () => { shown = STEP; listArtifacts(); });
get("more").addEventListener("click", () => { shown += STEP; listArtifacts(); });
/* Charts and priors are drawn by the server: its page is asked for them again. */
async function redraw() {
  const text = await (await fetch("./")).text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("drawn");
  const titles = (place) => [...place.querySelectorAll("details")].map((one) => [one.firstElementChild.textContent, one]);
  const open = new Set(titles(get("drawn")).filter(([, one]) => one.open).map(([title]) => title));
  for (const [title, one] of titles(fresh)) one.open = open.has(title);
  get("drawn").replaceWith(fresh);
}
let version = "";
async function news() {
  let found;
  try {
    found = await (await fetch("news?since=" + encodeURIComponent(version))).json();
  } catch (failure) {
    get("running").replaceChildren(quiet("the server does not answer; this is what was known last"));
    return;
  }
  get("running").replaceChildren(...(found.holder ? [quiet(found.holder)] : []), ...found.running.map((row) => make("pre", {}, row)));
  const first = !version;
  version = found.version;
  if (!found.data || first) return;
  Object.assign(data, found.data);
  index();
  placeArtifacts();
  listArtifacts();
  redraw();
  // A review that somebody is writing stays as it is.
  if (location.hash && !get("findings")) route();
}
if (data.live) { news(); setInterval(news, 1000); }

addEventListener("hashchange", route);
addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) one.open = true; });
placeArtifacts();
listArtifacts();
route();
