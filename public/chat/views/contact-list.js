// The contacts by availability, with search, unread counts and the requests of others.

import { AVAILABILITY, rank } from '../xmpp/presence.js';
import { announce, byId, dressAvatar, make, showText } from './dom.js';

const SECTIONS = [
  ['online', 'Available', ['chat', 'online']],
  ['away', 'Away or busy', ['away', 'xa', 'dnd']],
  ['offline', 'Offline', ['offline']],
];

/** Keeps the list up to date; `onOpen(jid)` when one is chosen. */
export function contactList(roster, conversations, onOpen) {
  const list = byId('contacts');
  const search = byId('contact-search');
  let isScheduled = false;
  let knownRequests = new Set();

  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(() => {
      isScheduled = false;
      render();
    });
  };

  function render() {
    const everyone = people(roster, conversations);
    const wanted = search.value.trim().toLowerCase();
    const shown = everyone.filter(
      ({ jid, name }) => jid.includes(wanted) || name.toLowerCase().includes(wanted));
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.jid;
    const sections = SECTIONS.map(([id, title, shows]) =>
      renderSection(id, title, shown.filter(({ show }) => shows.includes(show))));
    list.replaceChildren(...sections.filter(Boolean));
    if (focused) list.querySelector(`[data-jid="${CSS.escape(focused)}"]`)?.focus();
    showText(byId('contacts-empty'), shown.length ? '' : emptyText(wanted));
    renderRequests();
    const unread = conversations.unread;
    const waiting = unread + roster.requests.size;
    byId('back').dataset.waiting = waiting || '';
    byId('back').setAttribute('aria-label', waiting
      ? `Back to contacts, ${waiting} new` : 'Back to contacts');
    document.title = unread ? `(${unread}) Martlet chat` : 'Martlet chat';
  }

  function emptyText(wanted) {
    if (wanted) return 'Nobody found.';
    if (roster.requests.size) return '';
    return 'No contacts yet. Add somebody by their address to start.';
  }

  function renderSection(id, title, members) {
    if (!members.length) return null;
    const heading = make('h2', { id: `contacts-${id}` }, `${title} (${members.length})`);
    const items = members.map((each) => make('li', {}, renderContact(each)));
    return make('section', { 'aria-labelledby': heading.id }, heading, make('ul', {}, ...items));
  }

  function renderContact(contact) {
    const avatar = make('span', { 'aria-hidden': 'true' });
    dressAvatar(avatar, contact.jid, contact.name);
    const { unread, isTyping } = conversations.with(contact.jid);
    const detail = isTyping ? 'typing…' : describe(contact);
    const button = make('button', {
      type: 'button',
      class: 'contact',
      dataset: { jid: contact.jid, show: contact.show, subscription: contact.subscription },
      'aria-current': conversations.active?.jid === contact.jid ? 'true' : null,
      onclick: () => onOpen(contact.jid),
    },
    avatar,
    make('span', { class: `dot ${contact.show}` }),
    make('span', { class: 'contact-text' },
      make('span', { class: 'contact-name' }, contact.name),
      make('span', { class: 'contact-detail' }, detail)));
    if (unread) {
      button.append(make('span', { class: 'unread' }, String(unread),
        make('span', { class: 'visually-hidden' },
          unread === 1 ? ' new message' : ' new messages')));
    }
    return button;
  }

  function renderRequests() {
    const requests = [...roster.requests];
    byId('requests').hidden = requests.length === 0;
    const unchanged = requests.length === knownRequests.size
      && requests.every((jid) => knownRequests.has(jid));
    if (unchanged) return;
    const fresh = requests.filter((jid) => !knownRequests.has(jid));
    knownRequests = new Set(requests);
    if (fresh.length) announce(`${fresh.join(', ')} wants to add you as a contact.`);
    byId('request-list').replaceChildren(...requests.map((jid) => make('li', { dataset: { jid } },
      make('p', {}, make('strong', {}, jid), ' wants to see when you are online.'),
      make('div', { class: 'actions' },
        make('button', {
          type: 'button', class: 'button small', dataset: { action: 'deny' },
          onclick: () => roster.deny(jid),
        }, 'Decline'),
        make('button', {
          type: 'button', class: 'button small primary', dataset: { action: 'approve' },
          onclick: () => roster.approve(jid),
        }, 'Accept')))));
  }

  search.addEventListener('input', schedule);
  list.addEventListener('keydown', (event) => moveFocus(event, list));
  roster.addEventListener('change', schedule);
  conversations.addEventListener('change', schedule);
  return { refresh: schedule };
}

/** Contacts and those with whom there is a conversation, best presence first, then by name. */
function people(roster, conversations) {
  const known = new Map(roster.contacts.map((each) => [each.jid, each]));
  for (const { jid, messages } of conversations.all) {
    if (messages.length && !known.has(jid)) known.set(jid, roster.contact(jid));
  }
  return [...known.values()].sort(
    (a, b) => rank(a.show) - rank(b.show) || a.name.localeCompare(b.name));
}

/** The presence of a contact in words. */
export function describe({ show, status, failure, isAsking, isContact, subscription, jid }) {
  if (failure) return failure;
  if (isAsking) return 'Waiting for their answer';
  if (!isContact) return jid;
  if (status) return status;
  if (subscription === 'none' || subscription === 'from') return 'Does not share presence';
  return AVAILABILITY[show];
}

function moveFocus(event, list) {
  const buttons = [...list.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement);
  const target = {
    ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1,
  }[event.key];
  if (target === undefined || at < 0) return;
  event.preventDefault();
  buttons[Math.max(0, Math.min(target, buttons.length - 1))].focus();
}
