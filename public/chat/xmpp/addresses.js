// Addresses of the web in what others write.

/** The text as a URL; null when it is none. */
export function toURL(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** The same for HTTP and HTTPS only. */
export function webAddress(text) {
  const url = toURL(text);
  return url && ['http:', 'https:'].includes(url.protocol) ? url : null;
}
