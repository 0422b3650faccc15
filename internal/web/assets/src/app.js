// What the pages do besides what HTML does. All of it is a convenience: every
// page and every form works without this file.
import htmx from "htmx.org/dist/htmx.esm.js";
import { forms } from "./forms.js";
import { live } from "./live.js";
import { preview } from "./preview.js";
import { theme } from "./theme.js";

forms(htmx);
live(htmx);
preview();
theme();

// The menu of narrow screens: without this, a link to it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest(".menu-open");
  if (!opener) return;
  event.preventDefault();
  const menu = document.getElementById("menu");
  const open = menu.classList.toggle("is-open");
  opener.setAttribute("aria-expanded", String(open));
});
const opener = document.querySelector(".menu-open");
if (opener) {
  opener.setAttribute("role", "button");
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", "menu");
}

// Pages with charts bring their own script.
if (document.querySelector("[data-chart]")) import(document.querySelector("meta[name=charts]").content);

// An error in the place of a part of a page: show it as the page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400) return;
  event.detail.shouldSwap = false;
  event.detail.isError = false; // it is shown: nothing for the console
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const main = page.getElementById("main");
  if (!main) return location.reload();
  document.title = page.title;
  document.getElementById("main").replaceWith(main);
  htmx.process(main);
  live(htmx);
});
