// Before the first paint: the scheme that this viewer chose; without a choice the system's.
(() => {
  try {
    const theme = localStorage.getItem('duban.theme');
    if (theme === 'light' || theme === 'dark')
      document.documentElement.dataset.theme = theme;
  } catch { /* storage is forbidden: the system's scheme */ }
})();
