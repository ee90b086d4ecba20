// Questions to the node, signed where the answer is for its parties only (RFC 9421, docs/adr/0004-signed-requests.md).

import { toBase64, toHex, toUtf8, sha256 } from "../lib/bytes.js";
import { sign } from "./keys.js";

/** The node gave no answer: it is away, or the network is. */
export class NodeAway extends Error {}

/** The node said no, with its documented reason. */
export class Refused extends Error {
  constructor(status, { reason, detail, value, next_step: nextStep }, retrySeconds = null) {
    super(detail);
    this.status = status;
    this.reason = reason;
    this.value = value;
    this.nextStep = nextStep;
    this.retrySeconds = retrySeconds;
  }
}

const PATIENCE_MS = 20_000;

async function signHeaders(method, path, query, body, key) {
  const digest = body === null ? null : `sha-256=:${toBase64(await sha256(body))}:`;
  const covered = [["@method", method], ["@path", path], ["@query", `?${query}`]];
  if (digest !== null) covered.push(["content-digest", digest]);
  const names = covered.map(([name]) => `"${name}"`).join(" ");
  const created = Math.floor(Date.now() / 1000);
  const parameters = `(${names});created=${created};keyid="${toHex(key.publicKey)}";alg="ed25519"`;
  const lines = covered.map(([name, value]) => `"${name}": ${value}`);
  const base = toUtf8([...lines, `"@signature-params": ${parameters}`].join("\n"));
  const signature = `sig1=:${toBase64(await sign(key, base))}:`;
  const headers = { "Signature-Input": `sig1=${parameters}`, Signature: signature };
  return digest === null ? headers : { ...headers, "Content-Digest": digest };
}

async function describeRefusal(response) {
  try {
    const told = await response.json();
    if (typeof told.reason === "string") return told;
  } catch {
    // what answers is no node: a proxy, a sign-in page of a network
  }
  throw new NodeAway(`HTTP ${response.status}`);
}

/**
 * The response to a request. `body` is bytes, `key` signs.
 * Raises `NodeAway` without an answer, `Refused` with the node's reason for any answer but a good one.
 */
export async function ask(method, path, { query = "", body = null, type = "application/json", key = null, patience = PATIENCE_MS } = {}) {
  const headers = key === null ? {} : await signHeaders(method, path, query, body, key);
  if (body !== null) headers["Content-Type"] = type;
  const target = query === "" ? path : `${path}?${query}`;
  const settings = { method, headers, body, cache: "no-store", credentials: "omit", redirect: "error" };
  let response;
  try {
    response = await fetch(target, { ...settings, signal: AbortSignal.timeout(patience) });
  } catch (error) {
    throw new NodeAway(String(error));
  }
  if (response.ok) return response;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  throw new Refused(response.status, await describeRefusal(response), Number.isNaN(seconds) ? null : seconds);
}

/** The body of a response, read `how`: "json" or "text". */
export async function read(response, how) {
  try {
    return await response[how]();
  } catch (error) {
    throw new NodeAway(String(error)); // it broke off, or is no JSON: no answer of a node
  }
}

/** The JSON under a path. */
export async function getJson(path, options = {}) {
  return read(await ask("GET", path, options), "json");
}

/** The text under a path. */
export async function getText(path, options = {}) {
  return read(await ask("GET", path, options), "text");
}

function toBody(document) {
  return document === null ? null : toUtf8(JSON.stringify(document));
}

/** The JSON that answers a JSON document; null sends none. */
export async function postJson(path, document, key) {
  return read(await ask("POST", path, { body: toBody(document), key }), "json");
}

/** The text that answers a JSON document. */
export async function postForText(path, document, key) {
  return read(await ask("POST", path, { body: toBody(document), key }), "text");
}
