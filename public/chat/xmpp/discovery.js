// Where the server answers: what its host-meta says (XEP-0156), and the usual places.

import { toURL } from './addresses.js';

const PATIENCE_MS = 4000;
const RELATIONS = {
  'urn:xmpp:alt-connections:websocket': 'websocket',
  'urn:xmpp:alt-connections:xbosh': 'bosh',
};
const SCHEMES = {
  websocket: { 'wss:': true, 'ws:': false },
  bosh: { 'https:': true, 'http:': false },
};

/**
 * The places to try, those of host-meta first: [{ kind: 'websocket' or 'bosh', url }].
 * A host-meta that tells of BOSH only stands for a server without WebSocket. For a page that came
 * encrypted there are only encrypted places.
 *
 * `usual` is such a list of the places to try when host-meta is silent.
 */
export async function findPlaces(usual, page = location) {
  const told = await readJSON('/.well-known/host-meta.json')
    ?? await readXML('/.well-known/host-meta') ?? [];
  const hasNoWebSocket = told.length > 0 && !told.some(({ kind }) => kind === 'websocket');
  const rest = usual.filter(({ kind }) => !(hasNoWebSocket && kind === 'websocket'));
  const places = [...told, ...rest].filter(({ kind, url }) => isFit(kind, url, page));
  return places.filter(({ url }, at) => places.findIndex((each) => each.url === url) === at);
}

function isFit(kind, url, page) {
  const isEncrypted = SCHEMES[kind][toURL(url)?.protocol];
  return isEncrypted || (isEncrypted === false && page.protocol !== 'https:');
}

async function readJSON(path) {
  const text = await read(path);
  try {
    return text && toPlaces(JSON.parse(text).links ?? []);
  } catch {
    return null;
  }
}

async function readXML(path) {
  const text = await read(path);
  if (!text) return null;
  const links = new DOMParser().parseFromString(text, 'text/xml').getElementsByTagName('Link');
  return toPlaces([...links].map((link) => ({
    rel: link.getAttribute('rel'), href: link.getAttribute('href'),
  })));
}

const toPlaces = (links) => links.filter(({ rel, href }) => RELATIONS[rel] && href)
  .map(({ rel, href }) => ({ kind: RELATIONS[rel], url: String(href) }));

async function read(path) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}
