// Runs before the first paint, so that a stored theme never flashes; a file, because the CSP allows no inline script.
try {
  const theme = localStorage.getItem('ordermill.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is blocked: the system's theme it is.
}
