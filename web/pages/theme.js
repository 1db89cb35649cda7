// Which set of colours holds: what this viewer chose, else the system's; before the first paint, and
// whenever that changes. Told as `themechange` on the window; a choice comes as `themechoice`.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let chosen = null;

  function show() {
    const theme = chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
    if (document.documentElement.dataset.theme === theme)
      return;
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('themechange'));
  }

  function choose(theme) {
    chosen = theme;
    show();
  }

  function readChoice() {
    try {
      choose(localStorage.getItem('duban.theme'));
    } catch { // storage is forbidden
      show();
    }
  }

  dark.addEventListener('change', show);
  addEventListener('themechoice', event => choose(event.detail));
  addEventListener('storage', readChoice); // chosen in another tab
  readChoice();
})();
