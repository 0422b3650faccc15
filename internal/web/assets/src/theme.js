// The colours change at once; the server remembers them in a cookie either way.
export function theme() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-theme]") || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    document.documentElement.dataset.bsTheme = chosen;
    for (const b of form.querySelectorAll("button[name=theme]")) {
      b.classList.toggle("active", b.value === chosen);
      b.setAttribute("aria-pressed", String(b.value === chosen));
    }
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}
