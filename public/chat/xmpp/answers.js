// What others may ask of this client: ping (XEP-0199), its name (XEP-0092), its features
// (XEP-0030).

import { NS } from './namespaces.js';

const { $iq } = window;
const FEATURES = [NS.discoInfo, NS.ping, NS.version, NS.chatStates, NS.receipts];

/** Answers requests; the roster answers its own pushes. */
export function answerRequests(connection) {
  connection.addEventListener('iq', ({ detail: iq }) => {
    const payload = iq.firstElementChild;
    const type = iq.getAttribute('type');
    if (type !== 'get' && type !== 'set') return;
    if (type === 'set' && payload?.namespaceURI === NS.roster) return;
    connection.send(answer(iq, type, payload?.namespaceURI));
  });
}

function answer(iq, type, namespace) {
  const id = iq.getAttribute('id');
  const from = iq.getAttribute('from');
  const result = $iq({ type: 'result', id, ...(from ? { to: from } : {}) });
  if (type === 'get' && namespace === NS.ping) return result;
  if (type === 'get' && namespace === NS.version) {
    return result.c('query', { xmlns: NS.version }).c('name').t('Martlet web chat').up()
      .c('version').t('1');
  }
  if (type === 'get' && namespace === NS.discoInfo) {
    const query = result.c('query', { xmlns: NS.discoInfo });
    query.c('identity', { category: 'client', type: 'web', name: 'Martlet web chat' }).up();
    for (const feature of FEATURES) query.c('feature', { var: feature }).up();
    return query;
  }
  return $iq({ type: 'error', id, ...(from ? { to: from } : {}) })
    .c('error', { type: 'cancel' }).c('service-unavailable', { xmlns: NS.stanzas });
}
