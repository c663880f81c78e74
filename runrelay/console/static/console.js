"use strict";

// -- What has changed is sent by the console, and put in place without touching what somebody is at. -----------

const live = document.getElementById("live");
const pulse = document.getElementById("pulse");
const trouble = document.getElementById("trouble");
let source = null;
let isOver = false;

function tell(state, words, why = "") {
  if (!pulse) return;
  if (trouble.textContent !== why) trouble.textContent = why;
  trouble.hidden = !why;
  if (pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.querySelector(".words").textContent = words;
}

const isTyped = (node) =>
  (node.matches?.("input:not([type=hidden]):not([type=checkbox]), textarea") && node.value !== node.defaultValue) ||
  (node.matches?.("select") && [...node.options].some((each) => each.selected !== each.defaultSelected));

function put(html) {
  Idiomorph.morph(live, html, {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.tagName === "DETAILS"),
      beforeNodeMorphed: (node) => !isTyped(node) && !node.hasAttribute?.("data-kept"),
    },
  });
  tick();
}

function listen(isStale) {
  if (!live?.dataset.of || source || isOver) return;
  const query = new URLSearchParams({ of: live.dataset.of, digest: live.dataset.digest });
  if (isStale || live.dataset.pending) query.set("stale", "");
  if (live.dataset.pending) query.set("pending", live.dataset.pending);
  delete live.dataset.pending;
  source = new EventSource(`/live?${query}`);
  source.addEventListener("change", (event) => {
    const told = JSON.parse(event.data);
    const wasEmpty = live.querySelector("[aria-busy]") !== null;
    live.dataset.digest = told.digest;
    document.title = told.title;
    put(told.html);
    tell("live", "live");
    if (wasEmpty) arrive();
  });
  source.addEventListener("trouble", (event) => {
    const { words } = JSON.parse(event.data);
    tell("trouble", "not live", words);
  });
  source.addEventListener("over", () => {
    isOver = true;
    hush();
    tell("over", "ended");
  });
  source.addEventListener("open", () => tell("live", "live"));
  source.addEventListener("error", () => {
    hush();
    tell("trouble", "not live", "The console does not answer. If it was started anew, open its new address.");
    setTimeout(() => listen(true), 3000);
  });
}

function hush() {
  source?.close();
  source = null;
}

// A page that nobody sees asks for nothing.
document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen(true)));
addEventListener("pagehide", hush);
addEventListener("pageshow", (event) => event.persisted && listen(true));

// -- Ages go on by themselves. ----------------------------------------------------------------------------------

const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];

function brief(seconds) {
  for (const [unit, size] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

function tick() {
  const now = Date.now();
  for (const each of document.querySelectorAll("time[data-age]"))
    each.textContent = brief((now - Date.parse(each.dateTime)) / 1000);
  for (const each of document.querySelectorAll("time[data-left]")) {
    const left = (Date.parse(each.dateTime) - now) / 1000;
    each.textContent = left <= 0 ? "now" : `in ${brief(left)}`;
  }
}

// -- What is decided on a card is sent from where it is: what is being typed on the others stays. ---------------

function say(note) {
  document.querySelector("main > .note:not(#trouble)")?.remove();
  document.getElementById("main").prepend(note);
  note.scrollIntoView({ block: "nearest" });
}

function refusal(words) {
  const note = document.createElement("p");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  note.textContent = words;
  return note;
}

function neighbour(card) {
  const cards = [...document.querySelectorAll("[data-waiting]")];
  const at = cards.indexOf(card);
  return cards[at + 1] ?? cards[at - 1] ?? card;
}

async function send(address, body) {
  const answer = await fetch(address, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("main .note:not(#trouble)") ?? refusal(page.body.textContent.trim());
}

live?.addEventListener("submit", async (event) => {
  const card = event.target.closest("[data-waiting]");
  if (!card) return;
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const buttons = [...form.querySelectorAll("button")];
  for (const each of buttons) each.disabled = true;
  const note = await send(form.action, body).catch(() => refusal("The console does not answer."));
  say(note);
  if (note.classList.contains("bad")) for (const each of buttons) each.disabled = false;
  else if (card.contains(document.activeElement) || document.activeElement === document.body) neighbour(card).focus();
  hush();
  listen(true);
});

// -- Keys, where the focus is on a call or a run, and not in a field. -----------------------------------------

const isField = (node) => node.matches("input, textarea, select");

function step(places, from, by) {
  const at = places.indexOf(from);
  places[Math.min(places.length - 1, Math.max(0, at + by))]?.focus();
}

function onWaiting(card, key, event) {
  const form = card.querySelector("[data-decide]");
  if (key === "j" || key === "k") step([...document.querySelectorAll("[data-waiting]")], card, key === "j" ? 1 : -1);
  else if (form && key === "a") form.querySelector(".approve").focus();
  else if (form && key === "d") form.querySelector("input[name=reason]").focus();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  const card = target.closest?.("[data-waiting]");
  if (target.name === "reason" && key === "Enter") {
    // Which of the two is meant is said by a button alone; a reason is most often one of a refusal.
    event.preventDefault();
    target.form.querySelector(".deny").focus();
  } else if (key === "Escape" && card && target !== card) {
    card.focus();
  } else if (isField(target)) {
    return;
  } else if (card) {
    onWaiting(card, key, event);
  } else if (key === "j" || key === "k") {
    const places = [...document.querySelectorAll("[data-waiting], .runs .what a")];
    step(places, target, key === "j" ? 1 : -1);
  } else if (key === "/") {
    event.preventDefault();
    document.getElementById("find").focus();
  }
});

// -- A link to a call opens it. ---------------------------------------------------------------------------------

function reveal() {
  const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (named && named.tagName === "DETAILS") {
    named.open = true;
    named.scrollIntoView({ block: "nearest" });
  }
}
addEventListener("hashchange", reveal);

// What a page was painted without has come: it is as if it had been there from the beginning.
function arrive() {
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  reveal();
}

// What was done is said once, and not again when the page is loaded again.
const address = new URL(location.href);
if (address.searchParams.has("note")) {
  address.searchParams.delete("note");
  history.replaceState(null, "", address);
}

tick();
setInterval(tick, 1000);
reveal();
if (!document.hidden) listen(false);
