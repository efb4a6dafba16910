// The list of runs, kept up to date: rows that changed are replaced, new ones come in at their place.

import { follow } from "./live.js";

export function startList(list) {
  const empty = document.getElementById("empty");
  const comparer = document.getElementById("compare");
  follow(list.dataset.live, {
    rows({ order, rows }) {
      const present = new Map([...list.children].map((item) => [item.dataset.run, item]));
      for (const [name, html] of Object.entries(rows)) {
        let item = present.get(name);
        if (!item) {
          item = document.createElement("li");
          item.dataset.run = name;
          item.classList.add("new");
          present.set(name, item);
        }
        const focused = item.contains(document.activeElement) && document.activeElement.localName;
        const ticked = item.querySelector("[name=runs]")?.checked;
        item.innerHTML = html;
        item.querySelector("[name=runs]").checked = ticked ?? false;
        if (focused) item.querySelector(focused).focus({ preventScroll: true });
      }
      for (const [name, item] of present) if (!order.includes(name)) item.remove();
      order.forEach((name, at) => {
        const item = present.get(name);
        if (item && list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
      });
      empty.hidden = order.length > 0;
      comparer.hidden = order.length < 2;
    },
  });
}
