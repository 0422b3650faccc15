// Forms: a filter applies as it is changed, a double click sends once, a box ticks
// all of its kind, and a page that was changed asks before it is left.
export function forms(htmx) {
  filters(htmx);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.submitter?.formTarget) return; // a look, in a frame
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    // Disabled only after the browser has taken the button's own value.
    setTimeout(() => button?.setAttribute("aria-busy", "true"));
  });
  // Back shows the page as it was left: the form may be sent again, on purpose.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });

  // <input type="checkbox" data-tick-all="patient"> ticks all boxes of that name;
  // [data-ticked="patient"] says how many are.
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches("input[type=checkbox]")) return;
    const scope = box.closest("form") ?? document;
    const name = box.dataset.tickAll ?? box.name;
    const boxes = [...scope.querySelectorAll(`input[type=checkbox][name="${CSS.escape(name)}"]`)];
    if (box.dataset.tickAll) for (const b of boxes) b.checked = box.checked;
    const ticked = boxes.filter((b) => b.checked).length;
    for (const all of scope.querySelectorAll(`[data-tick-all="${CSS.escape(name)}"]`)) {
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    for (const says of scope.querySelectorAll(`[data-ticked="${CSS.escape(name)}"]`)) says.textContent = ticked.toLocaleString("en-GB");
  });
}

function filters(htmx) {
  let busy = false;
  let waits; // the form that is to be applied once more
  const apply = (form) => {
    if (busy) {
      waits = form;
      return;
    }
    const target = form.dataset.filter;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
    const url = form.getAttribute("action") + (query.size ? "?" + query : "");
    history.replaceState(null, "", url);
    // One at a time: an answer replaces the very element that the next one is put into.
    busy = true;
    const done = () => {
      busy = false;
      if (waits) later(waits, 0);
      waits = undefined;
    };
    htmx.ajax("GET", url, { source: form, target, select: target, swap: "outerHTML" }).then(done, done);
  };
  let timer;
  const later = (form, ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => apply(form), ms);
  };
  const on = (name, fn) =>
    document.addEventListener(name, (event) => {
      const form = event.target.closest("form[data-filter]");
      if (form) fn(form, event);
    });
  on("change", (form) => later(form, 0));
  on("input", (form, event) => {
    if (event.target.matches("input[type=search], input[type=text]")) later(form, 400);
  });
  on("submit", (form, event) => {
    event.preventDefault();
    later(form, 0);
  });
}
