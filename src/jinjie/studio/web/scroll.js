// What is wider than its place and scrolls sideways is reached by the keyboard, and only then: nothing else stops the Tab key.

const WIDE = ".tex.display, figure.drawn, figure.attention, .pictures, .table, pre";
const OFTEN = 300; // milliseconds: a live page changes all the time

let waiting = false;

function reach() {
  waiting = false;
  for (const place of document.querySelectorAll(WIDE)) {
    const scrolls = place.scrollWidth > place.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(place).overflowX);
    if (scrolls && !place.hasAttribute("tabindex")) {
      place.tabIndex = 0;
      place.dataset.reached = "";
    } else if (!scrolls && "reached" in place.dataset && place !== document.activeElement) {
      place.removeAttribute("tabindex");
      delete place.dataset.reached;
    }
  }
}

function soon() {
  if (!waiting) setTimeout(reach, OFTEN);
  waiting = true;
}

export function startScrolling() {
  reach();
  new MutationObserver(soon).observe(document.getElementById("main"), { childList: true, subtree: true });
  addEventListener("resize", soon, { passive: true });
  document.fonts.ready.then(soon);
}
