// On the page that stands for another while the database is away: turns into that one when it is back.
const AGAIN_MS = 3e3;

async function look() {
  const response = await fetch(location.href, {cache: 'no-store'}).catch(() => null);
  if (response?.ok)
    location.reload();
  else
    setTimeout(look, AGAIN_MS);
}

setTimeout(look, AGAIN_MS);
