// What every page of the studio does; each page's own part is started by the element it is about.

import "htmx.org";
import { startClean } from "./clean.js";
import { startCompare } from "./compare.js";
import { startList } from "./list.js";
import { startRun } from "./run.js";
import { startScrolling } from "./scroll.js";

startScrolling();

const list = document.getElementById("runs");
const run = document.getElementById("run");
if (list) startList(list);
if (run) startRun(run);
const cleaner = document.getElementById("clean");
if (cleaner) startClean(cleaner);
const comparison = document.getElementById("comparison");
if (comparison) startCompare(comparison);
if (list && list.children.length && matchMedia("(max-width: 63rem)").matches) {
  document.getElementById("starter").open = false; // where runs and form stand below each other, runs come first
}

// The theme changes at once; the server keeps it for the next page.
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) {
    event.preventDefault();
    document.documentElement.dataset.theme = choice.value;
    for (const other of choice.parentElement.children) other.setAttribute("aria-pressed", String(other === choice));
    fetch("/preferences", { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ theme: choice.value }) });
    document.dispatchEvent(new Event("themechange"));
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) document.getElementById(closer.dataset.closes).close();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("themechange")));

// The start form is drawn anew when the recipe, size or a kind changes: what was unfolded and focused stays so.
let before = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  document.getElementById("notice").replaceChildren();
  if (event.detail.target.id !== "start") return;
  const active = document.activeElement;
  before = {
    open: [...event.detail.target.querySelectorAll("details[open]")].map((fold) => fold.id),
    focus: active && active.name ? `[name="${active.name}"]${active.type === "radio" ? `[value="${active.value}"]` : ""}` : null,
  };
});
document.addEventListener("htmx:afterSettle", () => {
  const form = document.getElementById("start");
  if (!form || !before) return;
  for (const id of before.open) {
    const fold = document.getElementById(id);
    if (fold) fold.open = true;
  }
  const wrong = form.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
  else if (before.focus) form.querySelector(before.focus)?.focus({ preventScroll: true });
  before = null;
});

// A button pressed while the server is away says so, until an answer comes.
function tellLost(gone) {
  const lost = document.getElementById("lost");
  lost.textContent = gone ? lost.dataset.text : "";
  lost.hidden = !gone;
}
document.addEventListener("htmx:sendError", () => tellLost(true));
document.addEventListener("htmx:beforeOnLoad", () => tellLost(false));
