// The map: what a concept requires and what it opens, while it is pointed at or has the focus; arrow keys go along the path.

const sheet = document.querySelector(".map-sheet");
const caption = sheet.querySelector(".map-caption");

for (const map of sheet.querySelectorAll("svg.map")) {
  const points = [...map.querySelectorAll(".point")];
  const places = new Map(points.map((point, at) => [point.dataset.slug, at]));
  const edges = [...map.querySelectorAll(".edge")];
  let lit = null;

  const name = (slug) => points[places.get(slug)].querySelector("title").textContent.split(" · ")[0];
  const names = (slugs) => (slugs.length ? slugs.map(name).join(sheet.dataset.comma) : sheet.dataset.nothing);

  function light(point) {
    if (point === lit) return;
    dark();
    lit = point;
    const slug = point.dataset.slug;
    const requires = [];
    const opens = [];
    for (const edge of edges) {
      if (edge.dataset.to === slug) {
        edge.classList.add("requires");
        requires.push(edge.dataset.from);
      } else if (edge.dataset.from === slug) {
        edge.classList.add("opens");
        opens.push(edge.dataset.to);
      }
    }
    for (const one of requires) points[places.get(one)].classList.add("requires");
    for (const one of opens) points[places.get(one)].classList.add("opens");
    point.classList.add("lit");
    map.classList.add("looking");
    caption.querySelector("strong").textContent = point.querySelector("title").textContent;
    caption.querySelector(".requires").textContent = sheet.dataset.requires + names(requires);
    caption.querySelector(".opens").textContent = sheet.dataset.leads + names(opens);
    caption.hidden = false;
    const middle = point.getBoundingClientRect();
    const around = map.getBoundingClientRect();
    caption.classList.toggle("at-right", middle.left - around.left < around.width / 2);
  }

  function dark() {
    if (!lit) return;
    for (const one of map.querySelectorAll(".requires, .opens, .lit")) one.classList.remove("requires", "opens", "lit");
    map.classList.remove("looking");
    caption.hidden = true;
    lit = null;
  }

  map.addEventListener("pointerover", (event) => {
    const point = event.target.closest(".point");
    if (point) light(point);
    else if (!map.contains(document.activeElement)) dark();
  });
  map.addEventListener("pointerleave", () => dark());
  // Heard around the drawing: a drawing that hears of focus itself is one more stop of the Tab key in Chromium.
  map.parentElement.addEventListener("focusin", (event) => light(event.target.closest(".point")));
  map.parentElement.addEventListener("focusout", () => dark());
  map.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = points.indexOf(event.target.closest(".point"));
    if (!by || at < 0) return;
    event.preventDefault();
    points[Math.min(Math.max(at + by, 0), points.length - 1)].focus();
  });
}
