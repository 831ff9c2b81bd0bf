// Names this server by the host that the page was asked for, and shows the doors that it has.

for (const element of document.querySelectorAll('[data-host]')) {
  element.textContent = location.hostname || 'localhost';
}

/** Whether something answers there; a door that asks who is there is one, too. */
async function isDoor(url) {
  try {
    const { status, type } = await fetch(url, { method: 'HEAD', redirect: 'manual' });
    return type === 'opaqueredirect' || status < 400 || status === 401 || status === 403;
  } catch {
    return false;
  }
}

for (const link of document.querySelectorAll('.doors a')) {
  isDoor(link.href).then((isThere) => {
    if (!isThere) return;
    link.closest('li').hidden = false;
    document.getElementById('operators').hidden = false;
  });
}
