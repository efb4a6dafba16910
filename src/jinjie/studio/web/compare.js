// Several runs on one chart. Each is known by its letter at the end of its line and by its dashes, not by colour alone:
// the training loss thin, the looks at the validation split as dots joined by a stronger line.

import uPlot from "uplot";
import { axesOf, HEIGHT, smoothed, thinned, watchSize } from "./chart.js";
import { follow } from "./live.js";

const DOTS = 60; // looks at the validation split that are drawn as dots: more would be a thick line

export function startCompare(page) {
  const place = document.getElementById("chart");
  const empty = document.getElementById("chart-empty");
  const [curves, smooth, log] = ["curves", "smooth", "log-scale"].map((id) => document.getElementById(id));
  const step = document.getElementById("at-step");
  const keys = [...page.querySelectorAll("[data-key]")].map((key) => {
    const style = getComputedStyle(key);
    return {
      letter: key.dataset.key,
      shown: key.querySelector("input"),
      value: key.querySelector("output"),
      colour: () => style.getPropertyValue("--of-run").trim(),
      dash: (style.getPropertyValue("--dashes").match(/[\d.]+/g) ?? []).map(Number),
      train: [],
      validation: [],
    };
  });
  let plot = null;
  let lines = []; // of each series after the first: {key, points, kind}

  function drawn() {
    const kinds = curves.value === "both" ? ["train", "validation"] : [curves.value];
    return keys
      .filter((key) => key.shown.checked)
      .flatMap((key) => kinds.map((kind) => ({ key, kind, points: kind === "train" ? trained(key) : key.validation })))
      .filter((line) => line.points.length);
  }

  function trained(key) {
    if (!smooth.checked) return key.train;
    const calm = smoothed(key.train);
    return key.train.map(([at], i) => [at, calm[i]]);
  }

  function columns() {
    return uPlot.join(lines.map(({ points }) => [points.map((p) => p[0]), points.map((p) => p[1])]));
  }

  function series({ key, kind }) {
    const thin = kind === "train" && curves.value === "both";
    const dot = kind === "validation";
    return {
      label: key.letter,
      stroke: key.colour,
      width: thin ? 1 : 2,
      alpha: thin ? 0.55 : 1,
      dash: key.dash,
      spanGaps: true,
      points: { show: dot && ((u, i) => (lines[i - 1]?.points.length ?? 0) < DOTS), size: 6, fill: key.colour, stroke: key.colour },
    };
  }

  function build() {
    plot?.destroy();
    plot = null;
    lines = drawn();
    const known = lines.length > 0;
    const any = keys.some((key) => key.train.length + key.validation.length);
    empty.hidden = any;
    place.hidden = !known;
    if (!known) return;
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        padding: [null, 26, null, null],
        ...axesOf(place, log.checked),
        legend: { show: false },
        series: [{}, ...lines.map(series)],
        cursor: { points: { size: 8 } },
        hooks: { draw: [letters], setCursor: [tell] },
      },
      columns(),
      place,
    );
    place.dataset.lines = lines.length;
  }

  /** The letter of each run where its line ends; where several end close together they stand below each other. */
  function letters(u) {
    const ratio = devicePixelRatio;
    const [height, bottom] = [13 * ratio, u.bbox.top + u.bbox.height];
    const strongest = new Map(); // of each run the last line in order
    for (const line of lines) strongest.set(line.key, line.points.at(-1));
    const ends = [...strongest]
      .filter(([, [, value]]) => !log.checked || value > 0)
      .map(([key, [at, value]]) => ({ key, x: u.valToPos(at, "x", true) + 6 * ratio, y: u.valToPos(value, "y", true) }));
    u.ctx.save();
    u.ctx.font = `700 ${13 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
    u.ctx.textBaseline = "middle";
    while (ends.length) {
      const near = ends.filter((end) => Math.abs(end.x - ends[0].x) < height).sort((one, other) => one.y - other.y);
      near.forEach((end, i) => i && (end.y = Math.max(end.y, near[i - 1].y + height)));
      near.reduceRight((below, end) => (end.y = Math.min(end.y, below)) - height, bottom);
      for (const end of near) {
        ends.splice(ends.indexOf(end), 1);
        u.ctx.fillStyle = end.key.colour();
        u.ctx.fillText(end.key.letter, end.x, end.y);
      }
    }
    u.ctx.restore();
  }

  /** What each run's line says where the pointer is: its newest value there. */
  function tell(u) {
    const at = u.cursor.idx;
    const away = at == null || u.cursor.left < 0;
    step.closest("li").hidden = away;
    if (!away) step.value = `${step.dataset.step} ${u.data[0][at].toLocaleString()}`;
    for (const key of keys) key.value.value = "";
    if (away) return;
    lines.forEach(({ key }, i) => {
      let near = at;
      while (near >= 0 && u.data[i + 1][near] == null) near -= 1;
      if (near >= 0) key.value.value += `${key.value.value ? " · " : ""}${u.data[i + 1][near].toPrecision(4)}`;
    });
  }

  /** New points: drawn into the chart that is there, unless a line came or went. */
  function show() {
    const now = drawn();
    const same = plot && now.length === lines.length && now.every((line, i) => line.key === lines[i].key && line.kind === lines[i].kind);
    if (!same) return build();
    lines = now;
    plot.setData(columns());
  }

  for (const control of [curves, smooth, log, ...keys.map((key) => key.shown)]) control.addEventListener("change", build);
  document.addEventListener("themechange", () => plot?.redraw());
  watchSize(place, () => plot);

  const stream = follow(page.dataset.live, {
    reset({ run, train, validation }) {
      Object.assign(keys[run], { train, validation });
      show();
    },
    more({ run, train, validation }) {
      const key = keys[run];
      key.train = thinned(key.train.concat(train));
      key.validation = key.validation.concat(validation);
      show();
    },
    parts(parts) {
      for (const [name, html] of Object.entries(parts)) page.querySelector(`[data-part="${name}"]`).innerHTML = html;
    },
    gone() {
      stream.end();
      location.reload(); // the page says which run is no more
    },
  });
}
