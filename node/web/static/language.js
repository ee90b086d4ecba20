// The language that was chosen last, or the browser's. A plain script, run before anything is shown.
// Texts stand in both languages, each marked with its `lang`; base.css hides the other one.
"use strict";

(() => {
  const LANGUAGES = ["zh", "en"];
  const PLACE = "hourledger-language";

  function remembered() {
    try {
      return localStorage.getItem(PLACE);
    } catch {
      return null; // storage may be forbidden
    }
  }

  function show(language) {
    const root = document.documentElement;
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-Hans" : "en";
    for (const title of document.querySelectorAll("title")) title.textContent = title.dataset[language] ?? title.textContent;
  }

  function choose(language) {
    show(language);
    try {
      localStorage.setItem(PLACE, language);
    } catch {
      // then it is chosen for this page only
    }
    document.dispatchEvent(new CustomEvent("language", { detail: language }));
  }

  const preferred = (navigator.language ?? "").toLowerCase().startsWith("zh") ? "zh" : "en";
  const found = remembered();
  show(LANGUAGES.includes(found) ? found : preferred);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-choose]") : null;
    if (button !== null) choose(button.dataset.choose);
  });
})();
