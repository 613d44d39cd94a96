'use strict';

const code = new URLSearchParams(location.search).get('code');

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
    showSignedIn(answer);
  } catch {
    tell('The server cannot be reached.');
    element('sign-in').disabled = false;
  }
}

element('sign-in').addEventListener('click', signIn);
if (!code) {
  element('sign-in').disabled = true;
  tell('There is no code in this address. Open the sign-in link that the server printed at its start.');
}
