// What the terms of our documents mean in JSON-LD: exactly those that our templates use. The same table as certificates/terms.py,
// which says where it is from; a test holds the two against each other.

const VC = "https://www.w3.org/2018/credentials#";
const SECURITY = "https://w3id.org/security#";
const STATUS = "https://www.w3.org/ns/credentials/status#";
const BADGES = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#";
const SCHEMA = "https://schema.org/";
const XSD = "http://www.w3.org/2001/XMLSchema#";
const BADGES_XSD = "https://www.w3.org/2001/XMLSchema#";

export const STRING = `${XSD}string`;
export const CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"];

/** @typedef {{ iri: string, datatype: string, isName: boolean, words: Record<string, string> }} Term */
/** @typedef {{ iri: string, terms: Record<string, Term> }} NodeType */

/** @param {string} iri @param {string} [datatype] @returns {Term} */
function literal(iri, datatype = STRING) {
  return { iri, datatype, isName: false, words: {} };
}

/** @param {string} iri @returns {Term} */
function named(iri) {
  return { iri, datatype: STRING, isName: true, words: {} };
}

/** @type {Record<string, Term>} */
export const COMMON = {
  awardedDate: literal(`${BADGES}awardedDate`, "xsd:dateTime"),
  description: literal(`${SCHEMA}description`),
  name: literal(`${SCHEMA}name`),
  narrative: literal(`${BADGES}narrative`),
};

/** @type {Record<string, NodeType>} */
export const TYPES = {
  Achievement: {
    iri: `${BADGES}Achievement`,
    terms: {
      achievementType: literal(`${BADGES}achievementType`),
      creator: literal(`${BADGES}creator`),
      criteria: named(`${BADGES}Criteria`),
      resultDescription: literal(`${BADGES}resultDescription`),
      version: literal(`${BADGES}version`),
    },
  },
  AchievementSubject: {
    iri: `${BADGES}AchievementSubject`,
    terms: {
      achievement: literal(`${BADGES}achievement`),
      activityEndDate: literal(`${BADGES}activityEndDate`, `${BADGES_XSD}date`),
      activityStartDate: literal(`${BADGES}activityStartDate`, `${BADGES_XSD}date`),
      creditsEarned: literal(`${BADGES}creditsEarned`, `${BADGES_XSD}float`),
      result: literal(`${BADGES}result`),
    },
  },
  BitstringStatusListEntry: {
    iri: `${STATUS}BitstringStatusListEntry`,
    terms: {
      statusListCredential: named(`${STATUS}statusListCredential`),
      statusListIndex: literal(`${STATUS}statusListIndex`),
      statusPurpose: literal(`${STATUS}statusPurpose`),
    },
  },
  DataIntegrityProof: {
    iri: `${SECURITY}DataIntegrityProof`,
    terms: {
      created: literal("http://purl.org/dc/terms/created", `${XSD}dateTime`),
      cryptosuite: literal(`${SECURITY}cryptosuite`, `${SECURITY}cryptosuiteString`),
      proofPurpose: { ...literal(`${SECURITY}proofPurpose`), words: { assertionMethod: `${SECURITY}assertionMethod` } },
      verificationMethod: named(`${SECURITY}verificationMethod`),
    },
  },
  Evidence: { iri: `${BADGES}Evidence`, terms: {} },
  IdentifierEntry: {
    iri: `${BADGES}IdentifierEntry`,
    terms: { identifier: literal(`${BADGES}identifier`), identifierType: literal(`${BADGES}identifierType`) },
  },
  OpenBadgeCredential: { iri: `${BADGES}OpenBadgeCredential`, terms: {} },
  Profile: { iri: `${BADGES}Profile`, terms: { otherIdentifier: literal(`${BADGES}otherIdentifier`) } },
  Result: {
    iri: `${BADGES}Result`,
    terms: { resultDescription: literal(`${BADGES}resultDescription`, `${BADGES_XSD}anyURI`), value: literal(`${SCHEMA}value`) },
  },
  ResultDescription: { iri: `${BADGES}ResultDescription`, terms: { resultType: literal(`${BADGES}resultType`) } },
  VerifiableCredential: {
    iri: `${VC}VerifiableCredential`,
    terms: {
      credentialStatus: named(`${VC}credentialStatus`),
      credentialSubject: named(`${VC}credentialSubject`),
      evidence: named(`${VC}evidence`),
      issuer: named(`${VC}issuer`),
      validFrom: literal(`${VC}validFrom`, `${XSD}dateTime`),
    },
  },
};

/** @typedef {{ contexts: string[], common: Record<string, Term>, types: Record<string, NodeType> }} Vocabulary */

/** Of certificates. @type {Vocabulary} */
export const CERTIFICATE = { contexts: CONTEXTS, common: COMMON, types: TYPES };

/** Of status lists. @type {Vocabulary} */
export const STATUS_LIST = {
  contexts: CONTEXTS.slice(0, 1),
  common: {},
  types: {
    BitstringStatusList: {
      iri: `${STATUS}BitstringStatusList`,
      terms: {
        encodedList: literal(`${STATUS}encodedList`, `${SECURITY}multibase`),
        statusPurpose: literal(`${STATUS}statusPurpose`),
      },
    },
    BitstringStatusListCredential: { iri: `${STATUS}BitstringStatusListCredential`, terms: {} },
    DataIntegrityProof: TYPES.DataIntegrityProof,
    VerifiableCredential: {
      iri: `${VC}VerifiableCredential`,
      terms: {
        credentialSubject: named(`${VC}credentialSubject`),
        issuer: named(`${VC}issuer`),
        validFrom: literal(`${VC}validFrom`, `${XSD}dateTime`),
        validUntil: literal(`${VC}validUntil`, `${XSD}dateTime`),
      },
    },
  },
};

export const VOCABULARIES = [CERTIFICATE, STATUS_LIST];
