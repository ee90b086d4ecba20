// Names of issuers and of their keys: did:key, and did:web with the key in the fragment, by the rules of certificates/dids.py.

import { FormError } from "./bytes.js";
import { formatDidKey, parseKeyMethod, parseMultikey } from "./multibase.js";

const DID_WEB = "did:web:";
const MAX_HOST_CHARACTERS = 253;
const HOST = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** @typedef {{ key: Uint8Array, host: string | null, did: string }} Method */

/** Read `did:key:KEY#KEY` or `did:web:HOST#KEY`. @param {string} text @returns {Method} */
export function parseMethod(text) {
  if (!text.startsWith(DID_WEB)) {
    const key = parseKeyMethod(text);
    return { key, host: null, did: formatDidKey(key) };
  }
  const [host, ...rest] = text.slice(DID_WEB.length).split("#");
  const key = parseMultikey(rest.join("#"));
  if (host.length > MAX_HOST_CHARACTERS || !HOST.test(host)) {
    throw new FormError("a site is named by its host alone, in small letters: volunteers.example");
  }
  return { key, host, did: `${DID_WEB}${host}` };
}
