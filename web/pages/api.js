// Requests to /api/v1: JSON in, JSON out, failures as ApiError.
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

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, {credentials: 'same-origin', cache: 'no-store', ...options});
  } catch (error) {
    if (error.name === 'AbortError')
      throw error;
    throw new ApiError(0, 'unreachable', String(error), 3);
  }
  if (response.ok)
    return response;
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body.error?.code ?? 'internal', body.error?.message ?? '',
    Number(response.headers.get('Retry-After')) || 5);
}

function url(path, fields = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== null && value !== undefined && value !== '')
      query.set(name, value);
  const text = query.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

export async function get(path, fields, signal) {
  return (await ask(url(path, fields), {signal})).json();
}

export async function getText(path, fields, signal) {
  return (await ask(url(path, fields), {signal})).text();
}

export async function post(path, body = {}) {
  const response = await ask(url(path), {
    method: 'POST', body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', 'X-Duban-CSRF': csrf},
  });
  return response.json();
}

export async function logOut() {
  await ask('/logout', {method: 'POST', redirect: 'manual', headers: {'X-Duban-CSRF': csrf}})
    .catch(() => {});
  location.assign('/login');
}
