// Requests to /api/v1: JSON in, JSON out, failures as ApiError.
const PATIENCE_MS = 20e3;
let csrf = '';

export function setCsrf(value) {
  csrf = value;
}

export class ApiError extends Error {
  constructor(status, code, message, retry_s) {
    super(message);
    Object.assign(this, {status, code, retry_s});
  }

  // Whether waiting may help.
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

async function answer(response, read) {
  if (response.ok)
    return read(response);
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body.error?.code ?? 'internal', body.error?.message ?? '',
    Number(response.headers.get('Retry-After')) || 5);
}

// A request that the caller's signal ends is an AbortError; one that finds no server, or none that
// answers in time, an ApiError of status 0.
async function ask(path, read, {signal, ...options} = {}) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const end = () => limit.abort();
  signal?.addEventListener('abort', end);
  try {
    return await answer(await fetch(path, {credentials: 'same-origin', cache: 'no-store', signal: limit.signal, ...options}), read);
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted)
      throw error;
    throw new ApiError(0, 'unreachable', String(error), 3);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

const json = response => response.json();
const text = response => response.text();

function url(path, fields = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== null && value !== undefined && value !== '')
      query.set(name, value);
  const text = query.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

export async function get(path, fields, signal) {
  return ask(url(path, fields), json, {signal});
}

export async function getText(path, fields, signal) {
  return ask(url(path, fields), text, {signal});
}

export async function post(path, body = {}) {
  return ask(url(path), json, {
    method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', 'X-Duban-CSRF': csrf},
  });
}

export async function logOut() {
  await ask('/logout', text, {method: 'POST', redirect: 'manual', headers: {'X-Duban-CSRF': csrf}})
    .catch(() => {});
  location.assign('/login');
}
