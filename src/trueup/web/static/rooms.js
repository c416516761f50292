// Keys of lists (arrows move, Enter acts, u undoes), lists of names below a field, and the side panel.
"use strict";

const acts = () => [...document.querySelectorAll("[data-rows] [data-row-act]")];

function step(from, by) {
  const all = acts();
  const at = all.indexOf(from);
  const next = all[at < 0 ? 0 : at + by];
  if (next) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const panel = document.getElementById("panel");
  if (event.key === "Escape" && panel && panel.firstElementChild) {
    closePanel();
    return;
  }
  const picks = event.target.dataset && event.target.dataset.picks;
  if (picks && event.key === "ArrowDown") {
    const first = document.querySelector(`#${picks} button`);
    if (first) {
      event.preventDefault();
      first.focus();
    }
    return;
  }
  const list = event.target.closest(".picks");
  if (list && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const all = [...list.querySelectorAll("button")];
    const next = all[all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    event.preventDefault();
    if (next) next.focus();
    return;
  }
  if (event.target.closest("input, textarea, select, .panel")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!acts().length) return;
    event.preventDefault();
    step(document.activeElement, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "u") {
    const all = document.querySelectorAll("tr[data-fresh] [data-undo]");
    const last = [...all].find((one) => one.closest("tr").id === lastRow) || all[all.length - 1];
    if (last) {
      event.preventDefault();
      last.click();
    }
  }
});

// A row that was decided is replaced; the next one that waits takes the focus.
let lastRow = "";
let nextRow = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.detail.target && event.detail.target.closest("[data-rows] tr");
  if (!row) return;
  lastRow = row.id;
  const rows = [...row.parentElement.querySelectorAll("tr")].filter((one) => one === row || one.querySelector("[data-row-act]"));
  const next = rows[rows.indexOf(row) + 1];
  nextRow = next ? next.id : "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  const row = document.getElementById(lastRow);
  if (!row || event.detail.target.id === "panel" || !event.detail.xhr) return;
  if (event.detail.xhr.status >= 400) return;
  const here = row.querySelector("[data-row-act]");
  const next = here || (nextRow && document.querySelector(`#${CSS.escape(nextRow)} [data-row-act]`)) || row.querySelector("[data-undo]");
  if (next && event.detail.requestConfig.verb === "post") next.focus();
});

// The panel: it takes the focus when it opens and gives it back when it closes; a change in it refreshes the list.
let opener = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "panel" && !event.detail.target.firstElementChild) opener = document.activeElement;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  const wrong = event.detail.target.querySelector("[aria-invalid]");
  const head = wrong || event.detail.target.querySelector("h1");
  if (!head) return;
  if (!wrong) head.tabIndex = -1;
  head.focus();
});
function closePanel() {
  const panel = document.getElementById("panel");
  const changed = panel.querySelector(".notice.good");
  panel.replaceChildren();
  if (changed) location.reload();
  else if (opener && opener.isConnected) opener.focus();
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) closePanel();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
