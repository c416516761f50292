// Keys that every page knows: "/" goes to the search. A page adds its own in a file of its own.
"use strict";

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!field) return;
  event.preventDefault();
  if (field.matches("input, textarea, select")) field.focus();
  else field.click();
});
