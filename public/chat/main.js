// Puts the parts together and moves between signing in and chatting.

import { addDialog, confirm } from './views/dialogs.js';
import { connectionBanner } from './views/banner.js';
import { contactList } from './views/contact-list.js';
import { conversationView } from './views/conversation-view.js';
import { announce, byId, showText } from './views/dom.js';
import { signInForm } from './views/entrance.js';
import { ownStatus } from './views/own-status.js';
import { registrationForm } from './views/registration.js';
import { transportChoice } from './views/transport-choice.js';
import { answerRequests } from './xmpp/answers.js';
import { Connection } from './xmpp/connection.js';
import { Conversations } from './xmpp/conversations.js';
import { Outbox } from './xmpp/outbox.js';
import { Roster } from './xmpp/roster.js';
import { Transports } from './xmpp/transports.js';
import { Uploads } from './xmpp/uploads.js';

const transports = new Transports(
  ['websocket', 'bosh'].map((kind) => ({ kind, url: usual(kind) })));
const connection = new Connection(transports);
const roster = new Roster(connection);
const outbox = new Outbox(connection);
const conversations = new Conversations(connection, roster, outbox);
const uploads = new Uploads(connection, conversations);
answerRequests(connection);

let account = '';
let isSigningOut = false;

const signIn = signInForm((jid, password) => {
  account = jid;
  connection.signIn(jid, password);
});
const registration = registrationForm(() => transports.boshUrl(), (jid, password) => {
  signIn.fill(jid ?? '', password);
  signIn.show(null);
  if (jid && password) byId('signin-form').requestSubmit();
}, () => signIn.show(null));

connectionBanner(connection);
transportChoice(connection, transports, () => connection.reconnect());
const own = ownStatus(connection);
const view = conversationView(roster, conversations, outbox, uploads);
const list = contactList(roster, conversations, open);
const adding = addDialog(roster, () => account, (jid) => announce(`${jid} was asked.`));

roster.addEventListener('unreachable', ({ detail: { jid, words } }) => {
  announce(`${jid} could not be asked. ${words}`);
});

/** The address that the page names for a kind of transport. */
function usual(kind) {
  const url = new URL(document.querySelector(`meta[name=${kind}]`).content, location.href);
  if (kind === 'websocket') url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

function open(jid) {
  view.open(jid);
  list.refresh();
}

/** A new session: what the server knows is asked for again, what it may not know is told. */
async function enter() {
  const isFirst = byId('chat').hidden;
  byId('entrance').hidden = true;
  byId('chat').hidden = false;
  signIn.forgetPassword();
  if (isFirst) own.introduce(account);
  try {
    await roster.load();
  } catch (error) {
    announce(error.message);
  }
  if (connection.state !== 'online') return;
  own.announce();
  outbox.open();
  try {
    await uploads.find();
  } catch {
    // There is no such service then, or no connection any more.
  }
}

function leave(problem) {
  const wasInside = !byId('chat').hidden;
  conversations.clear();
  uploads.forget();
  roster.clear();
  view.open(null);
  own.reset();
  list.refresh();
  document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
  byId('chat').hidden = true;
  byId('entrance').hidden = false;
  signIn.show(problem);
  if (wasInside && !problem) announce('You are signed out.');
}

connection.addEventListener('state', ({ detail: { state, problem, isSameSession } }) => {
  signIn.setBusy(byId('chat').hidden && state === 'connecting');
  if (state === 'online' && !isSameSession) enter();
  if (state === 'offline') leave(isSigningOut ? null : problem);
});

byId('register-open').addEventListener('click', () => registration.show(byId('signin-jid').value));
byId('sign-out').addEventListener('click', async () => {
  const isSure = outbox.size === 0 || await confirm({
    title: 'Sign out?',
    text: 'Messages are still waiting to be sent. They will be lost.',
    yes: 'Sign out',
  });
  if (!isSure) return;
  isSigningOut = true;
  connection.signOut();
  isSigningOut = false;
});
window.addEventListener('beforeunload', (event) => {
  if (outbox.size && connection.state !== 'online') event.preventDefault();
});
byId('add-contact').addEventListener('click', () => adding.open());
byId('peer-add').addEventListener('click', () => adding.open(view.jid));
byId('back').addEventListener('click', () => {
  const jid = view.jid;
  open(null);
  byId('contacts').querySelector(`[data-jid="${CSS.escape(jid)}"]`)?.focus();
});
byId('peer-remove').addEventListener('click', async () => {
  const jid = view.jid;
  const { name } = roster.contact(jid);
  const isSure = await confirm({
    title: `Remove ${name}?`,
    text: `You will no longer see when ${jid} is online, nor they when you are.`,
    yes: 'Remove',
  });
  if (!isSure) return;
  try {
    await roster.remove(jid);
    conversations.remove(jid);
    open(null);
  } catch (error) {
    announce(error.message);
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && view.jid && !document.querySelector('dialog[open]')) open(null);
});
roster.addEventListener('online', ({ detail: jid }) => {
  if (jid === view.jid) announce(`${roster.contact(jid).name} is online.`);
});

showText(byId('signin-error'), window.Strophe ? null : 'The chat library could not be loaded.');
byId('signin-jid').focus();
document.documentElement.dataset.ready = 'true';
