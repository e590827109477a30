// Brings a page to life: its charts, its slider, and its buttons to copy a line.

import { copyBeside } from "./copy.js";
import { drawFigures, saveTable } from "./figure.js";
import "./pictures.js";

document.addEventListener("htmx:load", event => {
  drawFigures(event.detail.elt);
  localTimes();
  oneTabStop();
});
document.addEventListener("htmx:beforeRequest", event => {
  if (event.detail.elt.id !== "live") document.getElementById("problem").replaceChildren(); // else nobody could read it
});

setInterval(localTimes, 1000);

/** Rows are one stop of the keyboard's way through the page; arrows lead from one to the next. */
function oneTabStop() {
  for (const rows of document.querySelectorAll("tbody.rows")) {
    const links = [...rows.querySelectorAll("th a")];
    const stop = links.find(link => link === document.activeElement) ?? links[0];
    for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  }
}

document.addEventListener("keydown", event => {
  const rows = event.target.closest?.("tbody.rows");
  if (!rows || !event.target.matches("th a")) return;
  const links = [...rows.querySelectorAll("th a")];
  const at = links.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || !links[to]) return;
  event.preventDefault();
  links[to].focus();
  oneTabStop();
});

/** Times in the reader's own zone, and how long something runs. */
function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (time.matches(".since")) time.textContent = duration((Date.now() - at) / 1000);
    else {
      const shown = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
      time.textContent = time.matches(".ago") ? age((Date.now() - at) / 1000) : shown;
      if (time.matches(".ago")) time.title = shown;
    }
  }
}

function age(seconds) {
  const days = Math.floor(seconds / 86400);
  return days < 2 ? `${duration(seconds)} ago` : `${days} days ago`;
}

function duration(seconds) {
  const s = Math.max(Math.floor(seconds), 0);
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}

document.addEventListener("click", event => {
  const button = event.target.closest("button.copy");
  if (button?.matches(".save-table")) saveTable(document.getElementById(button.dataset.table), button.dataset.file);
  else if (button) copyBeside(button);
});

document.addEventListener("submit", event => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

for (const slider of document.querySelectorAll("input[type=range][data-field]")) logarithmic(slider);

document.getElementById("family")?.addEventListener("change", event => {
  const asked = new URLSearchParams({ profile: event.target.value });
  for (const [name, value] of new FormData(document.getElementById("choice")))
    if (["time", "solver"].includes(name) && value) asked.set(name, value);
  location.search = asked;
});

/** A slider over the decimal logarithm of a field's value, in the steps of the value itself that it states. */
function logarithmic(slider) {
  const field = document.getElementById(slider.dataset.field);
  const stepOf = () => Number(slider.dataset.step);
  const follow = () => {
    if (!(field.valueAsNumber > 0)) return;
    slider.value = Math.log10(field.valueAsNumber);
    slider.setAttribute("aria-valuetext", field.value);
  };
  const bound = () => {
    if (field.max && field.valueAsNumber > Number(field.max)) field.value = field.max;
  };
  const set = value => {
    const step = stepOf();
    const digits = Math.max(0, Math.round(-Math.log10(step)));
    const least = 10 ** slider.min;
    const most = 10 ** slider.max;
    field.value = Math.min(Math.max(Math.round(value / step) * step, least), most).toFixed(digits);
    bound();
    slider.setAttribute("aria-valuetext", field.value);
  };
  slider.addEventListener("input", () => set(10 ** slider.valueAsNumber));
  slider.addEventListener("keydown", event => {
    const steps = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!steps) return;
    event.preventDefault();
    set(field.valueAsNumber + steps * stepOf());
    follow();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", follow);
  follow();
  // No window is longer than all training before its end. This comes before the form's own question.
  document.getElementById("time").addEventListener("input", event => {
    const { begin, end, step, longest } = event.target.selectedOptions[0].dataset;
    if (!step) return;
    Object.assign(slider, { min: begin, max: end });
    slider.dataset.step = step;
    if (longest) field.max = longest;
    bound();
    follow();
  });
}

document.addEventListener("change", event => event.target.form?.matches("[data-submit-on-change]") && event.target.form.requestSubmit());

// What charts show is in the address, to be kept or passed on; what else is there stays.
const view = document.getElementById("view");
view?.addEventListener("change", () => {
  const asked = new URLSearchParams(location.search);
  for (const [name, value] of new FormData(view)) value === "" ? asked.delete(name) : asked.set(name, value);
  history.replaceState(null, "", "?" + asked);
});

const choice = document.getElementById("choice");
if (choice) {
  // The address follows, to be kept or passed on; not with every step, which browsers take for an attack.
  let later;
  choice.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => {
      const given = [...new FormData(choice)].filter(([, value]) => value !== "");
      history.replaceState(null, "", "?" + new URLSearchParams(given));
    }, 300);
  });
  // The service says what is wrong with a length that the browser does not send, once nothing more is typed.
  let wrong;
  choice.addEventListener("input", () => clearTimeout(wrong));
  choice.addEventListener("htmx:validation:halted", () => {
    clearTimeout(wrong);
    wrong = setTimeout(() => {
      choice.noValidate = true;
      htmx.trigger(choice, "input");
      choice.noValidate = false;
    }, 500);
  });
  choice.addEventListener("htmx:afterRequest", event => event.detail.elt === choice && outdated(event.detail.xhr.status >= 400));
}

/** What belongs to another choice than the form's is not to be read or taken for its own. */
function outdated(yes) {
  document.getElementById("earlier").hidden = !yes;
  for (const part of choice.parentElement.querySelectorAll("#fit, #fit ~ .charts, #weights")) part.inert = yes;
}
