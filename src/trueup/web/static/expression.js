// The expression editor: names are completed from a list, and a fault selects its characters.
"use strict";

for (const area of document.querySelectorAll("textarea[data-complete]")) completing(area);

function completing(area) {
  const list = area.parentElement.querySelector('[role="listbox"]');
  const known = [...document.getElementById(area.dataset.complete).children].map((one) => ({
    name: one.dataset.name,
    sort: one.dataset.sort,
    meaning: one.textContent,
  }));
  let at = -1;

  const word = () => {
    const before = area.value.slice(0, area.selectionStart);
    const found = before.match(/[\p{L}_][\p{L}\p{N}_.]*$/u);
    return found ? found[0] : "";
  };
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    at = -1;
    area.setAttribute("aria-expanded", "false");
    area.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const all = [...list.children];
    at = (index + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
    area.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const choose = () => {
    const name = list.children[at].dataset.name;
    const typed = word();
    const start = area.selectionStart - typed.length;
    area.setRangeText(name, start, area.selectionStart, "end");
    close();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  };
  const offer = () => {
    const typed = word().toLowerCase();
    if (typed.length < 1) return close();
    const fits = known
      .filter((one) => one.name.toLowerCase() !== typed)
      .map((one) => ({ one, place: rank(one, typed) }))
      .filter((found) => found.place < 4)
      .sort((a, b) => a.place - b.place)
      .slice(0, 12);
    if (!fits.length) return close();
    list.replaceChildren(
      ...fits.map(({ one }, place) => {
        const option = document.createElement("li");
        option.id = `completion-${place}`;
        option.setAttribute("role", "option");
        option.dataset.name = one.name;
        const name = document.createElement("code");
        name.textContent = one.name;
        const meaning = document.createElement("span");
        meaning.className = "quiet";
        meaning.textContent = one.meaning;
        option.append(name, meaning);
        option.addEventListener("mousedown", (event) => {
          event.preventDefault();
          mark(place);
          choose();
        });
        return option;
      }),
    );
    list.hidden = false;
    area.setAttribute("aria-expanded", "true");
    mark(0);
  };
  area.addEventListener("input", offer);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === " " && event.ctrlKey) offer();
      return;
    }
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" || event.key === "Tab") choose();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// How well a name fits what was typed: begins so, its last part begins so, the name holds it, its meaning holds it.
function rank(one, typed) {
  const name = one.name.toLowerCase();
  if (name.startsWith(typed)) return 0;
  if (name.slice(name.lastIndexOf(".") + 1).startsWith(typed)) return 1;
  if (name.includes(typed)) return 2;
  return one.meaning.toLowerCase().includes(typed) ? 3 : 4;
}

// After a refused form the faulty characters are selected, so that typing mends them.
const fault = document.querySelector("#checked .fault, .field > .fault");
if (fault) {
  const area = fault.closest(".field").querySelector("textarea");
  area.focus();
  area.setSelectionRange(Number(fault.dataset.from), Number(fault.dataset.to));
}
