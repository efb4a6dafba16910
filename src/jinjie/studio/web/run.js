// A run's page: chart and samples from the stream's numbers, everything else as pieces the server has drawn.

import htmx from "htmx.org";
import { makeChart } from "./chart.js";
import { follow } from "./live.js";
import { makeSamples } from "./samples.js";

export function startRun(page) {
  const chart = makeChart(document.getElementById("chart"), document.getElementById("chart-empty"));
  const samples = makeSamples(document.getElementById("samples"));
  document.getElementById("log-scale").addEventListener("change", (event) => chart.logarithmic(event.target.checked));

  const stream = follow(page.dataset.live, {
    reset(all) {
      chart.reset(all);
      samples.reset(all.samples);
    },
    more(news) {
      chart.add(news);
      samples.add(news.samples);
    },
    parts(parts) {
      for (const [name, html] of Object.entries(parts)) replace(page.querySelector(`[data-part="${name}"]`), html);
    },
    gone() {
      stream.end();
      location.assign("/runs");
    },
  });
  scrollToEnd(page.querySelector(".console"));
}

/** Put a piece in its place; focus and the console's scroll stay where the reader left them. */
function replace(place, html) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const log = place.querySelector(".console");
  const left = log && { top: log.scrollTop, follows: log.scrollTop + log.clientHeight > log.scrollHeight - 24 };
  place.innerHTML = html;
  htmx.process(place);
  const now = place.querySelector(".console");
  if (now && left) left.follows ? scrollToEnd(now) : (now.scrollTop = left.top);
  if (focused) {
    const again = (focused.id && document.getElementById(focused.id)) || place.querySelector("button:not([disabled]), .console");
    again?.focus({ preventScroll: true });
  }
}

function scrollToEnd(log) {
  if (log) log.scrollTop = log.scrollHeight;
}
