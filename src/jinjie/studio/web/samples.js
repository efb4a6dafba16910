// What the model writes, from the first noise on: the newest large, the earlier ones under a slider.

export function makeSamples(panel) {
  const texts = document.getElementById("sample-texts");
  const scrub = document.getElementById("sample-scrub");
  const step = document.getElementById("sample-step");
  let moments = []; // one for each step that has samples: {step, texts}
  let follows = true;

  function take(samples) {
    for (const { step: at, text } of samples) {
      const last = moments.at(-1);
      if (last && last.step === at) last.texts.push(text);
      else moments.push({ step: at, texts: [text] });
    }
  }

  function show() {
    panel.hidden = moments.length === 0;
    if (!moments.length) return;
    scrub.max = moments.length - 1;
    if (follows) scrub.value = moments.length - 1;
    const moment = moments[Number(scrub.value)];
    step.value = `${panel.dataset.step} ${moment.step.toLocaleString()}`;
    scrub.setAttribute("aria-valuetext", step.value);
    texts.replaceChildren(
      ...moment.texts.map((text) => {
        const block = document.createElement("blockquote");
        block.textContent = text.trimEnd();
        return block;
      }),
    );
  }

  scrub.addEventListener("input", () => {
    follows = Number(scrub.value) === moments.length - 1;
    show();
  });
  document.getElementById("sample-newest").addEventListener("click", () => {
    follows = true;
    show();
  });

  return {
    reset(samples) {
      moments = [];
      take(samples);
      show();
    },
    add(samples) {
      if (!samples.length) return;
      take(samples);
      show();
    },
  };
}
