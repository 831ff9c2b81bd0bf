// Puts the parts together and moves between signing in and chatting.

import { addDialog, confirm } from './views/dialogs.js';
import { connectionBanner } from './views/banner.js';
import { contactList } from './views/contact-list.js';
import { conversationView } from './views/conversation-view.js';
import { announce, byId, showText } from './views/dom.js';
import { signInForm } from './views/entrance.js';
import { ownStatus } from './views/own-status.js';
import { registrationForm } from './views/registration.js';
import { answerRequests } from './xmpp/answers.js';
import { Connection } from './xmpp/connection.js';
import { Conversations } from './xmpp/conversations.js';
import { Roster } from './xmpp/roster.js';

const boshUrl = new URL(document.querySelector('meta[name=bosh]').content, location.href).href;

const connection = new Connection(boshUrl);
const roster = new Roster(connection);
const conversations = new Conversations(connection, roster);
answerRequests(connection);

let account = '';
let isSigningOut = false;

const signIn = signInForm((jid, password) => {
  account = jid;
  connection.signIn(jid, password);
});
const registration = registrationForm(boshUrl, (jid, password) => {
  signIn.fill(jid ?? '', password);
  signIn.show(null);
  if (jid && password) byId('signin-form').requestSubmit();
}, () => signIn.show(null));

connectionBanner(connection);
const own = ownStatus(connection);
const view = conversationView(connection, roster, conversations);
const list = contactList(roster, conversations, open);
const adding = addDialog(roster, () => account, (jid) => announce(`${jid} was asked.`));

function open(jid) {
  view.open(jid);
  list.refresh();
}

async function enter() {
  byId('entrance').hidden = true;
  byId('chat').hidden = false;
  signIn.forgetPassword();
  own.introduce(account);
  try {
    await roster.load();
  } catch (error) {
    announce(error.message);
  }
  own.announce();
}

function leave(problem) {
  const wasInside = !byId('chat').hidden;
  conversations.clear();
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

connection.addEventListener('state', ({ detail: { state, problem } }) => {
  const isEntering = byId('chat').hidden;
  signIn.setBusy(isEntering && state === 'connecting');
  if (state === 'online') enter();
  if (state === 'waiting') roster.forgetPresence();
  if (state === 'offline') leave(isSigningOut ? null : problem);
});

byId('register-open').addEventListener('click', () => registration.show(byId('signin-jid').value));
byId('sign-out').addEventListener('click', () => {
  isSigningOut = true;
  connection.signOut();
  isSigningOut = false;
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
