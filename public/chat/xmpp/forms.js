// Forms a server sends: data forms (XEP-0004) or the fixed fields of XEP-0077, as one shape:
// { instructions, url, isDataForm, fields: [{ name, type, label, isRequired, value, options }] }

import { NS, child, childText } from './namespaces.js';

const LEGACY_FIELDS = [
  ['username', 'text-single', 'User name'],
  ['password', 'text-private', 'Password'],
  ['nick', 'text-single', 'Nickname'],
  ['name', 'text-single', 'Full name'],
  ['first', 'text-single', 'First name'],
  ['last', 'text-single', 'Last name'],
  ['email', 'text-single', 'E-mail'],
  ['address', 'text-single', 'Address'],
  ['city', 'text-single', 'City'],
  ['state', 'text-single', 'Region'],
  ['zip', 'text-single', 'Postal code'],
  ['phone', 'text-single', 'Telephone'],
  ['url', 'text-single', 'Web page'],
  ['date', 'text-single', 'Date'],
];

export function parseQuery(query) {
  const form = child(query, 'x', NS.data);
  const outside = child(query, 'x', NS.oob);
  const url = outside ? childText(outside, 'url') : '';
  return {
    ...(form ? parseDataForm(form) : parseLegacy(query)),
    url: /^https?:\/\//.test(url) ? url : '',
  };
}

function parseDataForm(form) {
  const fields = [...form.children].filter((each) => each.localName === 'field');
  return {
    isDataForm: true,
    instructions: childText(form, 'instructions'),
    fields: fields.map(parseField),
  };
}

function parseField(field) {
  const name = field.getAttribute('var') ?? '';
  const values = [...field.children].filter((each) => each.localName === 'value');
  const options = [...field.children].filter((each) => each.localName === 'option');
  return {
    name,
    type: field.getAttribute('type') ?? 'text-single',
    label: field.getAttribute('label') || name,
    isRequired: child(field, 'required') !== null,
    value: values.map((each) => each.textContent).join('\n'),
    options: options.map((each) => ({
      value: childText(each, 'value'),
      label: each.getAttribute('label') || childText(each, 'value'),
    })),
  };
}

function parseLegacy(query) {
  const offered = LEGACY_FIELDS.filter(([name]) => child(query, name));
  return {
    isDataForm: false,
    instructions: childText(query, 'instructions'),
    fields: offered.map(([name, type, label]) => ({
      name, type, label, isRequired: true, value: childText(query, name), options: [],
    })),
  };
}

/** Fills `query` (an element of the register namespace) with the answers, by field name. */
export function fillQuery(query, form, answers) {
  const add = (parent, name, text) => {
    const element = document.createElementNS(parent.namespaceURI, name);
    if (text !== undefined) element.textContent = text;
    return parent.appendChild(element);
  };
  if (!form.isDataForm) {
    for (const { name } of form.fields) add(query, name, answers[name] ?? '');
    return;
  }
  const x = document.createElementNS(NS.data, 'x');
  x.setAttribute('type', 'submit');
  query.appendChild(x);
  for (const { name, type, value } of form.fields) {
    if (type === 'fixed' || !name) continue;
    const field = add(x, 'field');
    field.setAttribute('var', name);
    const answer = type === 'hidden' ? value : answers[name] ?? '';
    const lines = type.endsWith('-multi') ? answer.split('\n') : [answer];
    lines.forEach((line) => add(field, 'value', line));
  }
}
