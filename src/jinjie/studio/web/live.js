// A stream of server-sent events that survives the server: it says when the server is gone, comes back by itself,
// and asks for what it missed since the last id.

const RETRY = 1500;

/** Follow `address`; `handlers` maps an event's name to a function of its data. */
export function follow(address, handlers) {
  const lost = document.getElementById("lost");
  let source = null;
  let last = null;
  let timer = 0;
  let ended = false;

  function show(gone) {
    if (gone === !lost.hidden) return;
    lost.textContent = gone ? lost.dataset.text : "";
    lost.hidden = !gone;
  }

  function open() {
    clearTimeout(timer);
    close();
    if (ended || document.visibilityState === "hidden") return;
    const url = new URL(address, location.href);
    if (last !== null) url.searchParams.set("since", last);
    source = new EventSource(url);
    source.onopen = () => show(false);
    source.onerror = () => {
      show(true);
      // Some browsers give up for good when the connection is refused; we do not.
      if (source && source.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
  }

  function close() {
    source?.close();
    source = null;
  }

  // A browser allows six connections to a server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
  return {
    end() {
      ended = true;
      close();
    },
  };
}
