// A relying party on openid-client: configured by the issuer alone.
//
// It knows nothing of the provider but what the environment says: SITE_URL and PORT of its own, ISSUER, CLIENT_ID,
// CLIENT_SECRET (empty for a public client), CLIENT_AUTH (basic, post, none or private_key_jwt), PRIVATE_JWK and SCOPE.

import { createServer } from "node:http";
import { randomBytes, webcrypto } from "node:crypto";
import * as client from "openid-client";

const { SITE_URL, PORT, ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH, PRIVATE_JWK, SCOPE } = process.env;
const CALLBACK_URL = `${SITE_URL}/callback`;

async function clientAuthentication() {
  if (CLIENT_AUTH === "private_key_jwt") {
    const jwk = JSON.parse(PRIVATE_JWK);
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await webcrypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
    return client.PrivateKeyJwt({ key, kid: jwk.kid });
  }
  if (CLIENT_AUTH === "none") return client.None();
  return CLIENT_AUTH === "post" ? client.ClientSecretPost(CLIENT_SECRET) : client.ClientSecretBasic(CLIENT_SECRET);
}

let configuration;
async function provider() {
  configuration ??= await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, await clientAuthentication(), {
    execute: [client.allowInsecureRequests],
  });
  return configuration;
}

// What each browser's sign-in waits for, and what it brought. A form that another site posts arrives without cookies,
// so the state finds it.
const pending = new Map();
const sessions = new Map();
const devices = new Map();

function cookieOf(request) {
  return /node_site=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
}

function json(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function redirect(response, location, headers = {}) {
  response.writeHead(303, { location: String(location), ...headers });
  response.end();
}

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function login(url, request, response) {
  const code_verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const { par, ...asked } = Object.fromEntries(url.searchParams);
  const parameters = {
    redirect_uri: CALLBACK_URL,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
    ...asked,
  };
  pending.set(state, { code_verifier, nonce, max_age: asked.max_age });
  const build = par ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
  redirect(response, await build(await provider(), parameters));
}

async function callback(url, request, response) {
  // openid-client reads the answer of form_post from a Request of the web platform.
  const posted = request.method === "POST" ? await bodyOf(request) : undefined;
  const answer = new URLSearchParams(posted ?? url.search);
  const state = answer.get("state");
  const waiting = pending.get(state);
  if (!waiting) return json(response, { error: "unknown_state", parameters: Object.fromEntries(answer) }, 400);
  pending.delete(state);
  const current =
    posted === undefined
      ? new URL(`${CALLBACK_URL}${url.search}`)
      : new Request(CALLBACK_URL, {
          method: "POST",
          body: posted,
          headers: { "content-type": "application/x-www-form-urlencoded" },
        });
  const tokens = await client.authorizationCodeGrant(await provider(), current, {
    pkceCodeVerifier: waiting.code_verifier,
    expectedState: state,
    expectedNonce: waiting.nonce,
    idTokenExpected: true,
    ...(waiting.max_age === undefined ? {} : { maxAge: Number(waiting.max_age) }),
  });
  const id = randomBytes(18).toString("base64url");
  sessions.set(id, { tokens, claims: tokens.claims() });
  redirect(response, "/whoami", { "set-cookie": `node_site=${id}; HttpOnly; Path=/; SameSite=Lax` });
}

const withSession = {
  async whoami(session, response) {
    json(response, { signed_in: true, claims: session.claims, scope: session.tokens.scope });
  },
  async userinfo(session, response) {
    json(response, await client.fetchUserInfo(await provider(), session.tokens.access_token, session.claims.sub));
  },
  async refresh(session, response) {
    const before = session.claims;
    session.tokens = await client.refreshTokenGrant(await provider(), session.tokens.refresh_token);
    session.claims = session.tokens.claims() ?? before;
    json(response, { before, after: session.claims });
  },
  async introspect(session, response) {
    json(response, await client.tokenIntrospection(await provider(), session.tokens.access_token));
  },
  async revoke(session, response) {
    await client.tokenRevocation(await provider(), session.tokens.refresh_token);
    json(response, await client.tokenIntrospection(await provider(), session.tokens.access_token));
  },
  async logout(session, response) {
    redirect(
      response,
      client.buildEndSessionUrl(await provider(), {
        id_token_hint: session.tokens.id_token,
        post_logout_redirect_uri: `${SITE_URL}/goodbye`,
        state: "back-to-the-garden",
      }),
    );
  },
};

async function startDevice(response) {
  const started = await client.initiateDeviceAuthorization(await provider(), { scope: SCOPE });
  devices.set(started.user_code, client.pollDeviceAuthorizationGrant(await provider(), started));
  // A refusal is heard when it is asked for; until then nobody waits for it.
  devices.get(started.user_code).catch(() => undefined);
  json(response, started);
}

async function finishDevice(url, response) {
  const tokens = await devices.get(url.searchParams.get("user_code"));
  json(response, { claims: tokens.claims(), scope: tokens.scope, refreshes: "refresh_token" in tokens });
}

async function answer(request, response) {
  const url = new URL(request.url, SITE_URL);
  const name = url.pathname.slice(1);
  if (name === "") return json(response, { ready: true });
  if (name === "login") return login(url, request, response);
  if (name === "callback") return callback(url, request, response);
  if (name === "goodbye") return json(response, { goodbye: true, parameters: Object.fromEntries(url.searchParams) });
  if (name === "device/start") return startDevice(response);
  if (name === "device/finish") return finishDevice(url, response);
  const session = sessions.get(cookieOf(request));
  if (!Object.hasOwn(withSession, name)) return json(response, { error: "not_found" }, 404);
  if (!session) return json(response, { signed_in: false }, 401);
  return withSession[name](session, response);
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    const cause = error.cause instanceof URLSearchParams ? Object.fromEntries(error.cause) : undefined;
    json(
      response,
      {
        error: error.error ?? error.code ?? error.name,
        description: error.error_description ?? error.message,
        parameters: cause,
        status: error.status,
      },
      error.status >= 400 && error.status < 600 ? error.status : 403,
    );
  });
}).listen(Number(PORT), "127.0.0.1");
