// Keys of the plan's table: arrows move from line to line, space chooses, Enter opens (the link itself), "a" approves
// what is chosen, or everything (data-key in the button). The button says how many lines it means.
"use strict";

const lineLinks = () => [...document.querySelectorAll("[data-plan] [data-open]")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, .panel")) return;
  const row = event.target.closest("[data-plan-row]");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const all = lineLinks();
    if (!all.length) return;
    event.preventDefault();
    const at = row ? all.indexOf(row.querySelector("[data-open]")) : -1;
    const next = all[at < 0 ? 0 : at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  } else if (event.key === " " && row && event.target.type !== "checkbox") {
    const box = row.querySelector("input[type=checkbox]");
    event.preventDefault();
    if (box) {
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-plan-row] input[type=checkbox]")) return;
  event.target.closest("tr").setAttribute("aria-selected", String(event.target.checked));
  const button = document.querySelector("[data-approve]");
  const count = document.querySelectorAll("[data-plan-row] input:checked").length;
  if (button) button.textContent = count ? button.dataset.some.replace("{n}", String(count)) : button.dataset.all;
});
