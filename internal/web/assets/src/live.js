// <section id="progress" data-live="/campaigns/UUID/live">: the server sends an
// event whenever something changed, and the section is taken anew from the page.
// Where no stream comes through (a proxy, too many tabs) it asks every 5 seconds.
// data-live="" only asks, by data-every="1000" each second. The section ends it by coming back without data-live.
const watched = new Set();

export function live(htmx) {
  for (const { id } of document.querySelectorAll("[data-live][id]")) {
    if (watched.has(id)) continue;
    watched.add(id);
    watch(htmx, id);
  }
}

const every = 5000;

function watch(htmx, id) {
  const part = () => document.getElementById(id);
  let busy = false;
  let stream;
  let timer;
  const stop = () => {
    stream?.close();
    clearInterval(timer);
    document.removeEventListener("visibilitychange", refresh);
    watched.delete(id);
  };
  const refresh = async () => {
    if (busy || document.hidden) return;
    if (!part()) return stop();
    busy = true;
    try {
      await htmx.ajax("GET", location.pathname + location.search, { source: part(), target: "#" + id, select: "#" + id, swap: "outerHTML" });
    } finally {
      busy = false;
    }
    if (!part()?.hasAttribute("data-live")) stop();
  };
  const poll = () => {
    stream?.close();
    clearInterval(timer);
    timer = setInterval(refresh, Number(part()?.dataset.every) || every);
  };
  document.addEventListener("visibilitychange", refresh);
  const url = part().dataset.live;
  if (!url) return poll();
  stream = new EventSource(url);
  stream.onmessage = refresh;
  stream.onerror = poll;
}
