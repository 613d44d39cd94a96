'use strict';

const element = (id) => document.getElementById(id);

function tell(problem) {
  element('problem').textContent = problem;
  element('problem').hidden = false;
}

function showSignedIn(answer) {
  element('username').textContent = answer.user.username;
  element('address').textContent = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  element('until').textContent = new Date(Date.now() + answer.expires_in * 1000).toLocaleTimeString();
  element('show').addEventListener('click', () => toggle(answer.access_token));
  element('before').hidden = true;
  element('after').hidden = false;
}

function toggle(token) {
  const show = element('token').hidden;
  element('token').textContent = show ? token : '';
  element('token').hidden = !show;
  element('show').textContent = show ? 'Hide the access token' : 'Show the access token';
  element('show').setAttribute('aria-expanded', String(show));
}
