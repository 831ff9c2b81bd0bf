// Small ways to make elements. Text from others goes through `textContent` only.

import { webAddress } from '../xmpp/addresses.js';

export const byId = (id) => document.getElementById(id);

/** make('li', { class: 'x', dataset: { jid } }, 'text', child…) */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'dataset') Object.assign(element.dataset, value);
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** One of the signs that the page brings along; it says nothing that words do not. */
export function sign(name) {
  const drawing = document.createElementNS(SVG, 'svg');
  drawing.setAttribute('class', 'sign');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.appendChild(document.createElementNS(SVG, 'use')).setAttribute('href', `#sign-${name}`);
  return drawing;
}

/** Shows a text in an element that is hidden while there is none. */
export function showText(element, text) {
  element.textContent = text ?? '';
  element.hidden = !text;
}

/** Says something to a screen reader without showing it. */
export function announce(text) {
  byId('announcer').textContent = text;
}

const WEB_ADDRESS = /\bhttps?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]]/g;

/** Text with its web addresses as links, and nothing else as markup. */
export function textWithLinks(text) {
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(WEB_ADDRESS)) {
    const [url] = match;
    if (!webAddress(url)) continue;
    parts.append(text.slice(end, match.index));
    parts.append(make('a', {
      href: url, target: '_blank', rel: 'noopener noreferrer nofollow',
    }, url));
    end = match.index + url.length;
  }
  parts.append(text.slice(end));
  return parts;
}

/** A letter and a colour that stay the same for an address. */
export function dressAvatar(element, jid, name) {
  let hash = 0;
  for (const letter of jid) hash = (hash * 31 + letter.codePointAt(0)) % 12;
  element.className = `avatar hue-${hash}`;
  element.textContent = [...(name || jid)][0]?.toUpperCase() ?? '?';
}
