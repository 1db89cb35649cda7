// What a viewer chose on this machine: locale, theme, notify, sound. Nothing else is kept.
const memory = new Map();

export function get(name) {
  try {
    return localStorage.getItem(`duban.${name}`);
  } catch {
    return memory.get(name) ?? null;
  }
}

export function set(name, value) {
  memory.set(name, value);
  try {
    if (value === null)
      localStorage.removeItem(`duban.${name}`);
    else
      localStorage.setItem(`duban.${name}`, value);
  } catch { /* only for this page, then */ }
}
