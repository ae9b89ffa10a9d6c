"use strict";
// Shows the misses of one suite, category or score, or with some words. Without it all are shown.
(function () {
  const form = document.getElementById("filter");
  if (!form) return;
  const misses = Array.from(document.querySelectorAll(".miss"));
  const count = document.getElementById("shown");
  const has = (miss, name, wanted) => !wanted || JSON.parse(miss.dataset[name]).includes(wanted);
  function apply() {
    const words = form.elements.words.value.trim().toLowerCase();
    let shown = 0;
    for (const miss of misses) {
      const fits = ["suite", "category", "score"].every((name) => has(miss, name, form.elements[name].value));
      miss.hidden = !(fits && (!words || miss.textContent.toLowerCase().includes(words)));
      shown += miss.hidden ? 0 : 1;
    }
    count.textContent = shown + " of " + misses.length + " shown";
  }
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
