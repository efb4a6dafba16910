// A lesson's page: mathematics set by KaTeX where a script runs, the contents that follow the reader, experiments, code.

import katex from "katex";
import { startExperiment } from "./experiment.js";
import { follow } from "./live.js";

const page = document.getElementById("lesson");
const PAUSE = 1000; // milliseconds without a key

/** Set the formulas of a part of the page; one that KaTeX cannot set stays as the browser draws it. */
function set(part) {
  for (const place of part.querySelectorAll(".tex[data-latex]:not(.set)")) {
    const made = document.createElement(place.tagName);
    try {
      katex.render(place.dataset.latex, made, { displayMode: place.classList.contains("display"), strict: false, trust: false });
    } catch {
      continue;
    }
    place.replaceChildren(...made.childNodes);
    place.classList.add("set");
  }
}

/** The heading that is being read is marked in the contents. */
function followReader() {
  const links = new Map([...page.querySelectorAll(".contents a[href^='#']")].map((link) => [link.hash.slice(1), link]));
  const headings = [...page.querySelectorAll("h2[id], h3[id]")].filter((heading) => links.has(heading.id));
  if (!headings.length) return;
  let waiting = false;
  function mark() {
    waiting = false;
    const top = innerHeight * 0.25;
    const now = headings.findLast((heading) => heading.getBoundingClientRect().top < top) ?? headings[0];
    for (const [id, link] of links) {
      if (id === now.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  addEventListener("scroll", () => waiting || ((waiting = true), requestAnimationFrame(mark)), { passive: true });
  mark();
}

/** Who changes the language goes on reading at the same place: headings have the same names in both. */
function keepPlace() {
  const key = `place ${location.pathname}`;
  const headings = () => [...page.querySelectorAll("h2[id], h3[id]")];
  page.querySelector(".other-language")?.addEventListener("submit", () => {
    const at = headings().findLast((heading) => heading.getBoundingClientRect().top < 120);
    if (at) sessionStorage.setItem(key, at.id);
  });
  const id = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (id && !location.hash) document.getElementById(id)?.scrollIntoView();
}

/** In code the Tab key indents; after Escape it goes on to the next control, as everywhere. */
function indent(area) {
  let leaves = false;
  area.addEventListener("focus", () => (leaves = false));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaves = true;
    if (event.key !== "Tab" || event.shiftKey || leaves) return;
    event.preventDefault();
    area.setRangeText("    ", area.selectionStart, area.selectionEnd, "end");
  });
}

/** A version that is put back comes before what this browser has not sent. */
function putBack(form) {
  form.addEventListener("submit", () => localStorage.removeItem(`typed ${form.dataset.unsent}`));
}

/** What is typed is kept by the studio at every pause, and when the page is left; while there is no answer, again and again. */
function keep(area) {
  const status = area.form.querySelector(".draft");
  const to = area.form.getAttribute("action").split("#")[0] + "/draft";
  const unsent = `typed ${to}`; // in this browser, for what the studio has not answered yet
  let kept = area.value;
  let waiting = 0;
  async function send() {
    clearTimeout(waiting);
    const typed = area.value;
    if (typed === kept) return;
    let fine = false;
    try {
      const body = new URLSearchParams({ source: typed });
      fine = (await fetch(to, { method: "POST", headers: { "HX-Request": "true" }, body, keepalive: typed.length < 30_000 })).ok;
    } catch {
      // the studio is away: below
    }
    status.textContent = fine ? status.dataset.kept : status.dataset.unkept;
    if (fine) {
      kept = typed;
      if (localStorage.getItem(unsent) === typed) localStorage.removeItem(unsent);
    }
    if (area.value !== kept) waiting = setTimeout(send, PAUSE);
  }
  area.addEventListener("input", () => {
    localStorage.setItem(unsent, area.value);
    clearTimeout(waiting);
    waiting = setTimeout(send, PAUSE);
  });
  area.form.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    status.textContent = "";
    localStorage.removeItem(unsent);
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send());
  addEventListener("pagehide", send);
  const left = localStorage.getItem(unsent);
  if (left !== null && left !== area.value) {
    area.value = left;
    send();
  }
}

if (page) {
  set(page);
  followReader();
  keepPlace();
  for (const area of page.querySelectorAll("textarea.source")) {
    indent(area);
    keep(area);
  }
  for (const place of page.querySelectorAll(".experiment")) startExperiment(place, set);
  document.addEventListener("htmx:afterSettle", (event) => {
    set(page);
    const judged = event.detail.elt.querySelector?.(".judged");
    judged?.focus({ preventScroll: true });
  });
}

for (const form of document.querySelectorAll("form.put-back")) putBack(form);

const preview = document.getElementById("preview");
if (preview) follow(preview.dataset.live, { changed: () => location.reload() });
