// The playground: a text that appears token by token and can be pressed, a conversation, a sheet to draw on.

const one = (id) => document.getElementById(id);

/** The news of a stream that answers a posted form: `each` is given the name and the data of one after the other. */
async function news(answer, each) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    waiting += value;
    const parts = waiting.split("\n\n");
    waiting = parts.pop();
    for (const part of parts) {
      const lines = Object.fromEntries(part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      each(lines.event, JSON.parse(lines.data));
    }
  }
}

/** A piece of the page that the server made. */
function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** A form whose answer is written before one's eyes; `place` gives where its tokens go, `done` hears how it went. */
function startWriting(form, { place, text = () => {}, done }) {
  const [stop, status, problem, panel] = ["stop", "status", "problem", "choices"].map(one);
  const choices = new WeakMap(); // of each button, what might have stood there
  let asking = null;

  function fault(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  function wrong(problems) {
    for (const slot of form.querySelectorAll("[data-wrong]")) {
      const said = problems.filter(({ where }) => where === slot.dataset.wrong).map(({ message }) => message);
      slot.textContent = said.join(" ");
      const input = form.elements[slot.dataset.wrong];
      if (said.length) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    form.querySelector("[aria-invalid=true]")?.focus();
  }

  async function ask(filled) {
    asking?.abort();
    const mine = (asking = new AbortController());
    fault("");
    let tokens = null;
    let ended = null;
    let count = 0;
    stop.hidden = false;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "HX-Request": "true" },
        body: new URLSearchParams(filled),
        signal: mine.signal,
      });
      if (answer.status === 422) {
        wrong((await answer.json()).problems);
        status.textContent = "";
        return;
      }
      if (!answer.ok) {
        fault(made(await answer.text()).textContent.trim());
        status.textContent = "";
        return;
      }
      wrong([]);
      one("nothing").hidden = true;
      panel.hidden = true;
      status.textContent = status.dataset.writing;
      tokens = place();
      await news(answer, (event, data) => {
        if (mine.signal.aborted) return;
        if (event === "token") {
          const piece = made(data.token);
          choices.set(piece.querySelector("button"), data.choices);
          tokens.append(piece);
          text(data.text);
          count += 1;
        } else if (event === "end") ended = data;
        else if (event === "problem") fault(data.error);
      });
    } catch (error) {
      if (error.name !== "AbortError") fault(form.dataset.failed);
    } finally {
      if (asking === mine) {
        asking = null;
        stop.hidden = true;
        if (tokens) {
          status.textContent = ended ? ended.said : status.dataset.stopped.replace("{count}", count);
          done(ended);
        }
      }
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".token");
    if (!button || !choices.has(button)) return; // one that the server wrote is a button of the form
    event.preventDefault();
    for (const other of document.querySelectorAll(".token[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    panel.replaceChildren(made(choices.get(button)));
    panel.hidden = false;
  });
  stop.addEventListener("click", () => {
    asking?.abort();
    form.querySelector("button.primary").focus();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.classList.contains("token")) return;
    event.preventDefault();
    ask(new FormData(form));
  });
  return { ask, stop: () => asking?.abort() };
}

function startText(form) {
  const [given, tokens, legend, again] = ["given", "tokens", "legend", "again"].map(one);
  const writing = startWriting(form, {
    place() {
      given.textContent = form.elements.prompt.value;
      tokens.replaceChildren();
      legend.hidden = false;
      return tokens;
    },
    done() {
      again.hidden = false;
    },
  });
  again.addEventListener("click", () => {
    form.elements.seed.value = String((Number(form.elements.seed.value) || 0) + 1);
    writing.ask(new FormData(form));
  });
}

function startTalk(form) {
  const [talk, anew, status] = ["talk", "anew", "status"].map(one);
  let turns = [];
  let asked = "";
  let written = "";

  function turn(who) {
    const item = document.createElement("li");
    const name = document.createElement("p");
    const words = document.createElement("blockquote");
    name.className = "who";
    name.textContent = who;
    item.append(name, words);
    talk.append(item);
    return words;
  }

  const writing = startWriting(form, {
    place() {
      const mine = turn(talk.dataset.you);
      mine.className = "said";
      mine.textContent = asked;
      written = "";
      form.elements.said.value = "";
      return turn(talk.dataset.model);
    },
    text(piece) {
      written += piece;
    },
    done(ended) {
      turns.push({ role: "user", content: asked }, { role: "assistant", content: written.trim() });
      turns = turns.slice(-40);
      form.elements.seed.value = String((Number(form.elements.seed.value) || 0) + 1);
      anew.hidden = false;
      if (ended?.dropped) status.textContent += ` ${status.dataset.dropped}`;
    },
  });
  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      writing.stop();
      asked = form.elements.said.value.trim();
      const filled = new FormData(form);
      filled.set("turns", JSON.stringify(turns));
      writing.ask(filled);
    },
    { capture: true },
  );
  form.elements.said.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  anew.addEventListener("click", () => {
    writing.stop();
    turns = [];
    talk.replaceChildren();
    one("nothing").hidden = false;
    one("choices").hidden = true;
    anew.hidden = true;
    form.elements.said.focus();
  });
}

/** A sheet to draw on: strokes are kept, so that the last one can be taken back, and sent as ink on white paper. */
function startPad(pad) {
  const paper = one("paper");
  const side = paper.width;
  const pen = side / 14; // what MNIST's strokes are to its pictures
  let strokes = [];
  let stroke = null;
  let asking = null;
  pad.hidden = false;

  function draw(canvas, ink, ground) {
    const on = canvas.getContext("2d", { willReadFrequently: true });
    on.clearRect(0, 0, side, side);
    if (ground) {
      on.fillStyle = ground;
      on.fillRect(0, 0, side, side);
    }
    Object.assign(on, { strokeStyle: ink, fillStyle: ink, lineWidth: pen, lineCap: "round", lineJoin: "round" });
    for (const points of strokes) {
      on.beginPath();
      on.moveTo(...points[0]);
      for (const point of points.slice(1)) on.lineTo(...point);
      if (points.length === 1) on.lineTo(points[0][0] + 0.01, points[0][1]);
      on.stroke();
    }
  }

  const show = () => draw(paper, getComputedStyle(paper).color, null);

  function place(event) {
    const box = paper.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  }

  function clear() {
    asking?.abort();
    strokes = [];
    show();
    one("told").replaceChildren();
  }

  async function ask() {
    asking?.abort();
    const mine = (asking = new AbortController());
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = side;
    draw(sheet, "#000", "#fff");
    const blob = await new Promise((found) => sheet.toBlob(found, "image/png"));
    const body = new FormData();
    body.append("file", blob, "drawing.png");
    try {
      const answer = await fetch(pad.dataset.to, { method: "POST", headers: { "HX-Request": "true" }, body, signal: mine.signal });
      const told = made(await answer.text());
      if (mine.signal.aborted) return;
      if (told.querySelector("#told")) one("told").replaceWith(told);
      else one("notice").replaceChildren(told);
    } catch (error) {
      if (error.name === "AbortError") return;
      const said = document.createElement("p");
      said.className = "errors";
      said.textContent = pad.dataset.failed;
      one("told").replaceChildren(said);
    }
  }

  paper.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    paper.setPointerCapture(event.pointerId);
    stroke = [place(event)];
    strokes.push(stroke);
    show();
  });
  paper.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) stroke.push(place(part));
    show();
  });
  function lift() {
    if (!stroke) return;
    stroke = null;
    ask();
  }
  paper.addEventListener("pointerup", lift);
  paper.addEventListener("pointercancel", lift);
  one("clear").addEventListener("click", clear);
  one("undo").addEventListener("click", () => {
    strokes.pop();
    if (!strokes.length) return clear();
    show();
    ask();
  });
  document.addEventListener("themechange", () => requestAnimationFrame(show));
}

const [write, chat, pad] = ["write", "chat", "pad"].map(one);
if (write) startText(write);
if (chat) startTalk(chat);
if (pad) startPad(pad);
