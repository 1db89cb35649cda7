// Elements from plain values. Text only ever becomes text: nothing here reads markup.

// h('p', {class: 'x', onclick: f, hidden: true}, 'text', node, [more], null)
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false)
      continue;
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value);
    else if (name === 'value')
      element.value = value;
    else
      element.setAttribute(name, value === true ? '' : value);
  }
  add(element, children);
  return element;
}

export function add(element, children) {
  for (const child of [children].flat(Infinity))
    if (child !== null && child !== undefined && child !== false)
      element.append(child instanceof Node ? child : String(child));
}

export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

// Changes the text only where it differs, so that readers of live regions stay calm.
export function setText(element, text) {
  if (element.textContent !== text)
    element.textContent = text;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(viewBox, ...parts) {
  const root = document.createElementNS(SVG, 'svg');
  root.setAttribute('viewBox', viewBox);
  root.setAttribute('aria-hidden', 'true');
  root.setAttribute('focusable', 'false');
  for (const [tag, attributes] of parts) {
    const part = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes))
      part.setAttribute(name, value);
    root.append(part);
  }
  return root;
}

// A table that stays one for screen readers when narrow screens lay its rows out as cards.
// columns: [{key, label, class, header}]; cells by key. The first column heads its row, unless
// another says `header`.
export function table(caption, columns, rows, attributes = {}) {
  return h('table', {role: 'table', ...attributes},
    h('caption', null, caption),
    h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, columns.map(column =>
      h('th', {scope: 'col', role: 'columnheader', class: column.class}, column.label)))),
    h('tbody', {role: 'rowgroup'}, rows));
}

export function row(columns, cells, attributes = {}) {
  const header = columns.find(column => column.header) ?? columns[0];
  return h('tr', {role: 'row', ...attributes}, columns.map(column =>
    h(column === header ? 'th' : 'td', {
      scope: column === header ? 'row' : null, role: column === header ? 'rowheader' : 'cell',
      class: column.class, 'data-label': column.label,
    }, cells[column.key])));
}
