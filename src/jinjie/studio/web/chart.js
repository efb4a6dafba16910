// The loss over the steps: every point faintly, a smoothed line over them, and the looks at the validation split.

import uPlot from "uplot";

const ROOM = 4000; // points kept on the page; past that they are thinned, spikes kept
export const HEIGHT = 340;

export function makeChart(place, empty) {
  const words = place.dataset;
  let train = [];
  let validation = [];
  let log = false;
  let plot = null;

  const colour = (name) => () => getComputedStyle(place).getPropertyValue(name).trim();

  function columns() {
    const smooth = smoothed(train);
    const at = (points) => [points.map((p) => p[0]), points.map((p) => p[1])];
    const steps = train.map((p) => p[0]);
    if (!train.length && !validation.length) return [[], [], [], []];
    return uPlot.join([[steps, train.map((p) => p[1]), smooth], at(validation)]);
  }

  function build() {
    plot?.destroy();
    const series = (label, name, more) => ({ label, stroke: colour(name), spanGaps: true, value: (_, v) => (v == null ? "–" : v.toPrecision(4)), ...more });
    plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        ...axesOf(place, log),
        series: [
          { label: words.step, value: (_, v) => (v == null ? "–" : v.toLocaleString()) },
          series(words.train, "--faint-curve", { width: 1, points: { show: false } }),
          series(words.smooth, "--train", { width: 2, points: { show: false } }),
          series(words.validation, "--validation", { width: 2, points: { show: true, size: 7, fill: colour("--validation"), stroke: colour("--validation") } }),
        ],
        cursor: { points: { size: 8 } },
      },
      columns(),
      place,
    );
  }

  function show() {
    const known = train.length + validation.length > 0;
    empty.hidden = known;
    place.hidden = !known;
    if (!known) return;
    if (!plot) build();
    else plot.setData(columns());
    place.dataset.points = train.length;
    place.dataset.last = train.at(-1)?.[0] ?? "";
    if (train.length) {
      const [first, last] = [train[0], train.at(-1)];
      place.setAttribute("aria-label", words.summary.replace("{first}", first[1].toPrecision(3)).replace("{last}", last[1].toPrecision(3)).replace("{step}", last[0]));
    }
  }

  watchSize(place, () => plot);
  document.addEventListener("themechange", () => plot?.redraw());

  return {
    reset(all) {
      ({ train, validation } = all);
      show();
    },
    add(news) {
      train = thinned(train.concat(news.train));
      validation = validation.concat(news.validation);
      show();
    },
    logarithmic(on) {
      log = on;
      if (plot) build();
    },
  };
}

/** The axes and scales of a chart of losses over steps, in the page's colours. */
export function axesOf(place, log) {
  const colour = (name) => () => getComputedStyle(place).getPropertyValue(name).trim();
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour("--soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  return {
    scales: {
      x: { time: false, range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 1, 1)] },
      y: log ? { distr: 3 } : {},
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) ? v.toLocaleString() : "")) },
      { ...axis, ...(log && { grid: { ...axis.grid, filter: decades }, ticks: { ...axis.ticks, filter: decades } }), size: 58, values: (_, ticks, _axis, _space, gap) => ticks.map((v) => figure(v, log ? 0 : gap)) },
    ],
  };
}

/** Keep a chart as wide as the box around its place. */
export function watchSize(place, plot) {
  new ResizeObserver(() => plot()?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place.parentElement);
}

/** A tick in as many decimals as tell it from its neighbours; on a logarithmic axis, where gaps differ, in few figures. */
function figure(value, gap) {
  if (value == null) return "";
  if (!gap && value < 1e-3) return value.toExponential(0);
  return gap ? value.toFixed(Math.max(0, Math.ceil(-Math.log10(gap) - 1e-9))) : Number(value.toPrecision(2)).toString();
}

/** On a logarithmic axis of several decades only the powers of ten are ruled: the lines between would be a grey wall. */
function decades(_, ticks) {
  const known = ticks.filter((v) => v > 0);
  if (known.at(-1) / known[0] < 200) return ticks;
  return ticks.map((v) => (Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6 ? v : null));
}

/** The mean of each point and its neighbours, a fiftieth of the curve wide: what the noise hides. */
export function smoothed(points) {
  const reach = Math.floor(points.length / 100);
  const sums = [0];
  for (const [, value] of points) sums.push(sums.at(-1) + value);
  return points.map((_, i) => {
    // Cut short at the ends, so that the last point is as calm as the others.
    const [from, to] = [Math.max(0, i - reach), Math.min(points.length, i + reach + 1)];
    return (sums[to] - sums[from]) / (to - from);
  });
}

/** Half as many points when there are too many: of each four neighbours the lowest and the highest stay. */
export function thinned(points) {
  if (points.length <= ROOM) return points;
  const kept = [];
  for (let i = 0; i < points.length; i += 4) {
    const four = points.slice(i, i + 4);
    const low = four.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = four.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  if (kept.at(-1) !== points.at(-1)) kept.push(points.at(-1));
  return kept;
}
