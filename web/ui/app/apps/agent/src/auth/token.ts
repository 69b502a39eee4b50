// The token of a link that came by mail.

/** Takes the token out of the address, so that it stays neither on the screen nor in the history. */
export function token_of_address(): string {
  const token = decodeURIComponent(location.hash.slice(1))
  if (token) history.replaceState(history.state, '', location.pathname + location.search)
  return token
}
