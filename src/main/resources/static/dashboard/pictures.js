// Pictures of trials: enlarged, compared across a divider, and below the points of a chart.

document.addEventListener("htmx:load", event => {
  const within = selector => [...(event.detail.elt.matches(selector) ? [event.detail.elt] : []), ...event.detail.elt.querySelectorAll(selector)];
  within(".sides").forEach(divide);
  within(".contact").forEach(rove);
  within(".film").forEach(place);
  if (event.detail.elt.id === "live") lookAgain();
});

/** The divider follows its slider and the pointer. */
function divide(figure) {
  const divider = figure.querySelector(".divider");
  const stack = figure.querySelector(".stack");
  const show = () => stack.style.setProperty("--at", `${divider.value}%`);
  divider.addEventListener("input", show);
  const follow = event => {
    const { left, width } = stack.getBoundingClientRect();
    divider.value = Math.round((event.clientX - left) / width * 100);
    show();
  };
  stack.addEventListener("pointerdown", event => {
    stack.setPointerCapture(event.pointerId);
    follow(event);
  });
  stack.addEventListener("pointermove", event => event.buttons && follow(event));
  show();
}

/** A contact sheet is one stop of the Tab key; arrow keys move within. */
function rove(sheet) {
  const links = [...sheet.querySelectorAll(".sample")];
  links.forEach((link, i) => link.tabIndex = i ? -1 : 0);
  sheet.addEventListener("keydown", event => {
    const link = event.target.closest(".sample");
    const to = link && neighbour(sheet, link, event.key);
    if (!to) return;
    event.preventDefault();
    links.forEach(other => other.tabIndex = other === to ? 0 : -1);
    to.focus();
  });
}

/** The next picture in the direction of an arrow key. */
function neighbour(sheet, link, key) {
  const [across, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [0, 0];
  const cell = link.closest("td");
  if (!across && !down || !cell) return null;
  const rows = sheet.querySelector("table").rows;
  let column = cell.cellIndex + across;
  let row = cell.parentElement.rowIndex + down;
  for (; rows[row]?.cells[column]; column += across, row += down) {
    const found = rows[row].cells[column].querySelector(".sample");
    if (found) return found;
  }
  return null;
}

document.addEventListener("click", event => {
  const link = event.target.closest(".sample");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  enlarge(link);
});

/** Shows a picture as large as fits; arrow keys go to its neighbours. */
function enlarge(first) {
  let link = first;
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.innerHTML = '<figure><img alt=""><figcaption><span role="status"></span></figcaption></figure>'
    + '<form method="dialog"><a>Open the image</a><button autofocus>Close</button></form>';
  const show = () => {
    const image = dialog.querySelector("img");
    image.src = link.href;
    image.alt = link.dataset.caption;
    image.className = link.matches(".tiny") ? "tiny" : "";
    dialog.querySelector("[role=status]").textContent = link.dataset.caption;
    dialog.querySelector("a").href = link.href;
    dialog.setAttribute("aria-label", link.dataset.caption);
  };
  dialog.addEventListener("keydown", event => {
    const sheet = link.closest(".contact");
    const list = [...(link.closest(".samples")?.querySelectorAll(".sample") ?? [])];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    const to = sheet ? neighbour(sheet, link, event.key) : step && list[list.indexOf(link) + step];
    if (!to) return;
    event.preventDefault();
    link = to;
    show();
  });
  dialog.addEventListener("click", event => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  show();
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("chart:drawn", event => {
  for (const film of document.querySelectorAll(".film"))
    if (film.dataset.chart === event.target.id) place(film);
});

/** Puts pictures below the points of their chart; where they would lie upon each other, the best goes first. */
function place(film) {
  const drawn = document.getElementById(film.dataset.chart)?.chart?.drawn;
  film.classList.toggle("placed", Boolean(drawn));
  if (!drawn) return;
  const items = [...film.children];
  const taken = [];
  const width = items[0]?.offsetWidth ?? 0;
  const ends = [items[0], items.at(-1)];
  const rank = item => item.matches(".best") ? 0 : ends.includes(item) ? 1 : 2;
  for (const item of items.toSorted((a, b) => rank(a) - rank(b))) {
    const at = drawn.x(Number(item.dataset.x));
    const inside = at >= drawn.left - 1 && at <= drawn.right + 1;
    const free = taken.every(other => Math.abs(other - at) >= width + 4);
    item.classList.toggle("covered", !inside || !free);
    item.style.setProperty("--x", `${at}px`);
    if (inside && free) taken.push(at);
  }
}

let wait = 4000; // more each time: of a long sweep pictures may be late, and an open page takes little of a network
let due = null;

/** Of a sweep that goes on, new pictures come in; those that somebody looks at stay. */
function lookAgain() {
  due ??= setTimeout(() => {
    due = null;
    wait = Math.min(wait * 1.5, 60000);
    for (const part of document.querySelectorAll(".pictures-part"))
      if (!part.querySelector("form")) window.htmx.trigger(part, "again");
  }, wait);
}
