// What one writes, and the files one picks, pastes or drops.

import { WAITING_MAX } from '../xmpp/outbox.js';
import { announce, byId, make } from './dom.js';

/** `shown()` is the conversation that is open, or null. Returns `fill(text)` for its draft. */
export function composer(conversations, outbox, uploads, shown) {
  const text = byId('composer-text');
  const attach = byId('composer-attach');
  const picker = byId('composer-file');

  function send() {
    const words = text.value.trim();
    if (!words || !shown()) return;
    if (outbox.isFull) {
      announce(`${WAITING_MAX} messages are waiting already.`);
      return;
    }
    text.value = '';
    fit();
    conversations.send(shown(), words);
  }

  function sendFiles(files) {
    if (!shown() || !files.length) return;
    for (const file of files) uploads.send(shown(), file);
    text.focus();
  }

  /** Lets the composer grow with its text, up to the height its style allows. */
  function fit() {
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  text.addEventListener('input', () => {
    fit();
    if (shown()) conversations.typed(shown(), text.value);
  });
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
    text.focus();
  });
  text.addEventListener('paste', (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length || !uploads.isAvailable) return;
    event.preventDefault();
    sendFiles(files);
  });
  attach.addEventListener('click', () => picker.click());
  picker.addEventListener('change', () => {
    sendFiles([...picker.files]);
    picker.value = '';
  });
  takeDrops(byId('conversation-open'), uploads, sendFiles);
  uploads.addEventListener('change', () => {
    attach.hidden = !uploads.isAvailable;
  });

  return {
    fill(draft) {
      text.value = draft;
      fit();
    },
    focus() {
      text.focus();
    },
  };
}

/** Files dropped onto the conversation; anything else is left to the browser. */
function takeDrops(area, uploads, onFiles) {
  const hint = make('p', { class: 'drop-hint', hidden: true }, 'Drop files here to send them');
  area.append(hint);
  const brings = (event) => uploads.isAvailable && event.dataTransfer?.types.includes('Files');
  area.addEventListener('dragover', (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    hint.hidden = false;
  });
  area.addEventListener('dragleave', (event) => {
    if (!area.contains(event.relatedTarget)) hint.hidden = true;
  });
  area.addEventListener('drop', (event) => {
    hint.hidden = true;
    if (!brings(event)) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  });
}
