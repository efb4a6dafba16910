// An experiment: each knob that is turned asks the server anew, one question at a time and the newest next; a training
// is started and its curve followed.

import { makeChart } from "./chart.js";
import { follow } from "./live.js";

/** Bring an experiment to life; `set` sets the mathematics of a part of the page. */
export function startExperiment(place) {
  for (const input of place.querySelectorAll("input[data-log]")) slideOverLogarithm(input);
  for (const input of place.querySelectorAll("input[type=range]")) {
    input.addEventListener("input", () => (output(input).value = written(input)));
    output(input).value = written(input);
  }
  if (place.dataset.kind === "recipe") startTraining(place);
  else startDrawing(place);
}

const output = (input) => input.parentElement.querySelector("output");

/** A knob over several powers of ten: the slider runs over the logarithm, the value keeps its grid. */
function slideOverLogarithm(input) {
  const [low, high, step, value] = [input.min, input.max, input.step, input.value].map(Number);
  Object.assign(input.dataset, { low, high, grid: step });
  input.type = "range";
  Object.assign(input, { min: 0, max: 1000, step: 1 });
  input.value = Math.round((1000 * Math.log(value / low)) / Math.log(high / low));
}

/** What a slider stands at, as the server reads it. */
function written(input) {
  if (!("log" in input.dataset)) return input.value;
  const { low, high, grid } = input.dataset;
  const value = low * (high / low) ** (input.value / 1000);
  const fine = Math.max(Number(grid), 10 ** (Math.floor(Math.log10(value)) - 1)); // two figures are enough to turn by
  const rounded = Math.min(Math.max(Math.round(value / fine) * fine, low), high);
  return String(Number(rounded.toPrecision(6)));
}

/** Every knob's name and where it stands. */
function knobs(place) {
  const inputs = [...place.querySelectorAll("[data-knob]")].filter((input) => input.type !== "radio" || input.checked);
  return Object.fromEntries(inputs.map((input) => [input.dataset.knob, written(input)]));
}

function startDrawing(place) {
  const [form, pictures, problem] = [".knobs", ".pictures", ".errors"].map((name) => place.querySelector(name));
  const view = Math.random().toString(36).slice(2);
  let asking = false;
  let again = false;

  async function ask() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    place.dataset.asking = "";
    try {
      const query = new URLSearchParams({ ...knobs(place), lang: document.documentElement.lang.slice(0, 2), view });
      const answer = await fetch(`/api/experiments/${place.dataset.slug}/shown?${query}`);
      const told = await answer.json();
      if (answer.ok) draw(told.pictures);
      else if (answer.status !== 409) say(told.problems?.map((one) => one.message).join(" ") || told.error);
    } catch {
      say(place.dataset.failed);
    } finally {
      asking = false;
      delete place.dataset.asking;
      if (again) {
        again = false;
        ask();
      }
    }
  }

  function draw(drawn) {
    problem.hidden = true;
    pictures.replaceChildren(
      ...drawn.map(({ svg, alt }) => {
        const figure = document.createElement("figure");
        const read = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
        read.setAttribute("aria-label", alt);
        figure.append(document.importNode(read, true));
        return figure;
      }),
    );
    place.dataset.drawn = JSON.stringify(knobs(place)); // what is on the screen, for tests
  }

  function say(text) {
    problem.textContent = text;
    problem.hidden = false;
  }

  form.addEventListener("input", ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
}

function startTraining(place) {
  const [form, problem, running] = [".knobs", ".errors", ".running"].map((name) => place.querySelector(name));
  const sample = place.querySelector(".sample");
  let stream = null;
  let chart = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    problem.hidden = true;
    try {
      const answer = await fetch(`/api/experiments/${place.dataset.slug}/runs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ knobs: knobs(place) }),
      });
      const told = await answer.json();
      if (answer.ok) show(told.name);
      else throw new Error(told.problems?.map((one) => one.message).join(" ") || told.error);
    } catch (error) {
      problem.textContent = error instanceof TypeError ? place.dataset.failed : error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });

  function show(name) {
    running.hidden = false;
    running.querySelector(".to-run").href = `/runs/${name}`;
    sample.hidden = true;
    chart ??= makeChart(running.querySelector(".chart"), running.querySelector(".chart-empty"));
    chart.reset({ train: [], validation: [] });
    stream?.end();
    stream = follow(`/runs/${name}/live`, {
      reset(all) {
        chart.reset(all);
        write(all.samples);
      },
      more(news) {
        chart.add(news);
        write(news.samples);
      },
      parts(parts) {
        if (!parts.state) return;
        const state = new DOMParser().parseFromString(parts.state, "text/html").querySelector(".state");
        if (state) running.querySelector(".state").replaceWith(document.importNode(state, true));
      },
      gone: () => stream.end(),
    });
  }

  function write(samples) {
    if (!samples?.length) return;
    sample.textContent = samples.at(-1).text.trimEnd();
    sample.hidden = false;
  }
}
