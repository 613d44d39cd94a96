'use strict';

const code = new URLSearchParams(location.search).get('code');
const element = (id) => document.getElementById(id);

function tell(problem) {
  element('problem').textContent = problem;
  element('problem').hidden = false;
}

async function signIn() {
  element('sign-in').disabled = true;
  try {
    const response = await fetch('/auth/local', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const answer = await response.json();
    if (!response.ok) {
      tell(answer.detail);
      element('sign-in').disabled = !answer.retryable;
      return;
    }

    // The code is used up; it need not stay in the address bar and the history.
    history.replaceState(null, '', location.pathname);
    element('username').textContent = answer.user.username;
    element('address').textContent = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
    element('until').textContent = new Date(Date.now() + answer.expires_in * 1000).toLocaleTimeString();
    element('show').addEventListener('click', () => toggle(answer.access_token));
    element('before').hidden = true;
    element('after').hidden = false;
  } catch {
    tell('The server cannot be reached.');
    element('sign-in').disabled = false;
  }
}

function toggle(token) {
  const show = element('token').hidden;
  element('token').textContent = show ? token : '';
  element('token').hidden = !show;
  element('show').textContent = show ? 'Hide the access token' : 'Show the access token';
  element('show').setAttribute('aria-expanded', String(show));
}

element('sign-in').addEventListener('click', signIn);
if (!code) {
  element('sign-in').disabled = true;
  tell('There is no code in this address. Open the sign-in link that the server printed at its start.');
}
