// Brings a page to life: its charts, its slider, and its buttons to copy a line.

import { drawFigures } from "./figure.js";

document.addEventListener("htmx:load", event => {
  drawFigures(event.detail.elt);
  localTimes();
});
document.addEventListener("htmx:beforeRequest", event => {
  if (event.detail.elt.id !== "live") document.getElementById("problem").replaceChildren(); // else nobody could read it
});

setInterval(localTimes, 1000);

/** Times in the reader's own zone, and how long something runs. */
function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (time.matches(".since")) time.textContent = duration((Date.now() - at) / 1000);
    else time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  }
}

function duration(seconds) {
  const s = Math.max(Math.floor(seconds), 0);
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}

document.addEventListener("click", async event => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
  button.textContent = "Copied";
  setTimeout(() => button.textContent = "Copy", 1500);
});

for (const slider of document.querySelectorAll("input[type=range][data-field]")) logarithmic(slider);

/** A slider over the decimal logarithm of a field's value, in steps of 0.001 of the value itself. */
function logarithmic(slider) {
  const field = document.getElementById(slider.dataset.field);
  const follow = () => {
    if (!(field.valueAsNumber > 0)) return;
    slider.value = Math.log10(field.valueAsNumber);
    slider.setAttribute("aria-valuetext", field.value);
  };
  const set = value => {
    const least = 10 ** slider.min;
    const most = 10 ** slider.max;
    field.value = Math.min(Math.max(value, least), most).toFixed(3);
    slider.setAttribute("aria-valuetext", field.value);
  };
  slider.addEventListener("input", () => set(10 ** slider.valueAsNumber));
  slider.addEventListener("keydown", event => {
    const step = { ArrowUp: 0.001, ArrowRight: 0.001, ArrowDown: -0.001, ArrowLeft: -0.001, PageUp: 0.01, PageDown: -0.01 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(field.valueAsNumber + step);
    follow();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", follow);
  follow();
  // The address follows, to be kept or passed on; not with every step, which browsers take for an attack.
  let later;
  field.form.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => {
      const given = [...new FormData(field.form)].filter(([, value]) => value !== "");
      history.replaceState(null, "", "?" + new URLSearchParams(given));
    }, 300);
  });
}
