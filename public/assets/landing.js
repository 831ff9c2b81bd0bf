// Names this server by the host that the page was asked for.

for (const element of document.querySelectorAll('[data-host]')) {
  element.textContent = location.hostname || 'localhost';
}
