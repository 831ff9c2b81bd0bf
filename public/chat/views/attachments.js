// Files in messages. A picture of the own server is shown at once; one from elsewhere when asked
// for, as its server learns who looks at it. Nothing but pictures is ever loaded.

import { webAddress } from '../xmpp/addresses.js';
import { inBytes } from '../xmpp/units.js';
import { make, sign } from './dom.js';

const PICTURE = /\.(png|jpe?g|gif|webp|avif)$/i;
const LONE_ADDRESS = /^https?:\/\/[^\s<>"]+$/;
/** Characters that turn the direction of text could make a file look like another. */
const INVISIBLE = /[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** { url, name, isPicture, isAll } of the file that a message is about, or is; else null. */
export function attachmentOf({ text, link }) {
  const words = text.trim();
  const lone = LONE_ADDRESS.test(words) ? words : '';
  const found = read(link) ?? read(lone);
  if (!found || !(link || found.isPicture)) return null;
  return { ...found, isAll: words === link || words === lone };
}

function read(address) {
  const url = webAddress(address);
  if (!url) return null;
  const last = url.pathname.split('/').pop();
  return { url: url.href, name: plainName(last) || url.host, isPicture: PICTURE.test(last) };
}

function plainName(segment) {
  try {
    return decodeURIComponent(segment).replace(INVISIBLE, '');
  } catch {
    return segment;
  }
}

/** `isTrusted(origin)`: whether pictures from there may be loaded without a question. */
export function renderAttachment({ url, name, isPicture }, isTrusted) {
  const box = make('div', { class: 'attachment' });
  const { origin, host } = new URL(url);
  if (isPicture && isTrusted(origin)) {
    box.append(renderPicture(url, name));
  } else if (isPicture) {
    box.append(renderLink(url, name), make('button', {
      type: 'button',
      class: 'button small',
      onclick: () => {
        const picture = renderPicture(url, name);
        box.replaceChildren(picture);
        picture.focus();
      },
    }, 'Show the picture', make('span', { class: 'from' }, ` from ${host}`)));
  } else {
    box.append(renderLink(url, name));
  }
  return box;
}

function renderLink(url, name) {
  return make('a', { ...linkTo(url), class: 'file-link' },
    sign('file'), make('bdi', {}, name));
}

function renderPicture(url, name) {
  const link = make('a', { ...linkTo(url), class: 'picture' });
  link.append(make('img', {
    src: url, alt: `Picture: ${name}`, decoding: 'async', referrerpolicy: 'no-referrer',
    onerror: () => link.replaceWith(renderLink(url, name)),
  }));
  return link;
}

const linkTo = (url) => ({ href: url, target: '_blank', rel: 'noopener noreferrer nofollow' });

/** A file on its way, with how much of it is there, and a way to stop it. */
export function renderUpload({ name, size }, onCancel) {
  const bar = make('progress', { max: size, value: 0, 'aria-label': `Upload of ${name}` });
  return make('div', { class: 'attachment upload' },
    sign('file'),
    make('bdi', { class: 'file-name' }, name), make('span', { class: 'file-size' }, inBytes(size)),
    bar,
    make('button', { type: 'button', class: 'link', onclick: onCancel }, 'Cancel'));
}

export function updateUpload(item, { loaded }) {
  const bar = item.querySelector('progress');
  if (bar) bar.value = loaded;
}
