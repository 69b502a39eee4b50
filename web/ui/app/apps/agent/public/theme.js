// Sets the colour scheme before the first paint, so a dark screen never flashes white.
;(function () {
  var scheme = 'system'
  try {
    scheme = localStorage.getItem('switchboard.scheme') || 'system'
  } catch (e) {
    // Storage is blocked: follow the system.
  }
  var dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.add(dark ? 'dark' : 'light')
})()
