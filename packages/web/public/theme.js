// Applies the chosen theme before the first paint, so that no page flashes in the other one.
try {
  const theme = localStorage.getItem('parley.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  if (localStorage.getItem('parley.contrast') === 'more')
    document.documentElement.dataset.contrast = 'more';
} catch {
  // Storage is disabled: the system theme applies.
}
