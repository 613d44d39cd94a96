'use strict';

const parameters = new URLSearchParams(location.search);

// A code need not stay in the address bar and the history.
history.replaceState(null, '', location.pathname);

function fail(problem) {
  element('working').hidden = true;
  element('again').hidden = false;
  tell(problem);
}

function showCode(code) {
  element('before').hidden = true;
  element('code').textContent = code;
  element('program').hidden = false;
}

async function signIn(state, code, error) {
  try {
    const response = await fetch('/auth/github/callback', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state, code, error }),
    });
    const answer = await response.json();
    if (response.ok) {
      showSignedIn(answer);
    } else {
      fail(answer.detail);
    }
  } catch {
    fail('The server cannot be reached.');
  }
}

const state = parameters.get('state');
const code = parameters.get('code');
const error = parameters.get('error');
if (!state || !(code || error)) {
  fail('There is no sign-in to go on with.');
} else if (state.startsWith('p.') && code) {
  // A program began: it alone goes on, and this browser stays who it is.
  showCode(code);
} else {
  signIn(state, code ?? undefined, error ?? undefined);
}
