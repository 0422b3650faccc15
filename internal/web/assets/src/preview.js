// The editor of letters: what is typed is shown as mail at once, and a placeholder
// goes where the cursor is. Without this, buttons of the form do the first, and
// typing the second.
const parts = ["letter-notes", "letter-subject", "letter-text", "letter-source"];

export function preview() {
  const form = document.querySelector("form[data-preview]");
  if (!form) return;
  palette(form);
  form.querySelector("[data-preview-button]")?.remove();
  let timer;
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    frame(form);
    const answer = await fetch(form.dataset.preview, { method: "POST", body });
    if (!answer.ok || answer.redirected || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    for (const id of parts) {
      const now = page.getElementById(id);
      if (now) document.getElementById(id).replaceChildren(...now.childNodes);
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  frame(form);
}

// frame sends what is typed to the frame. The frame is made anew each time: otherwise
// Back would go through every state of the letter.
function frame(form) {
  const old = document.querySelector("iframe[name=letter-frame]");
  const fresh = old.cloneNode();
  fresh.removeAttribute("src");
  old.replaceWith(fresh);
  const action = form.getAttribute("action");
  form.setAttribute("action", form.dataset.previewFrame);
  form.target = "letter-frame";
  HTMLFormElement.prototype.submit.call(form); // no submit event: nothing is sent "once"
  form.setAttribute("action", action);
  form.removeAttribute("target");
}

function palette(form) {
  let field = form.elements.body;
  for (const name of ["subject", "body"]) form.elements[name].addEventListener("focus", (event) => (field = event.target));
  for (const button of form.querySelectorAll("[data-insert]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}
