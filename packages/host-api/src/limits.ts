/** Bounds of the words of the host, each with its reason. Bytes are UTF-8 bytes. */

/** Scope ids come from other systems (user directories, workspaces); 256 bytes hold every common form. */
export const SCOPE_ID_BYTES_MAX = 256;
/** A label is such an id, or one behind the kind of a principal. */
export const LABEL_BYTES_MAX = 272;
/** Names of packages, extensions and capabilities stand in logs and prompts. */
export const NAME_ID_BYTES_MAX = 128;
/** An idempotency key is an opaque reference of the caller, not a place for content. */
export const IDEMPOTENCY_KEY_BYTES_MAX = 256;
/** Deeper JSON is an attack on recursion, not data. */
export const JSON_DEPTH_MAX = 64;
/** The largest value that is fingerprinted or stored as one record body. */
export const JSON_BYTES_MAX = 8 * 1024 * 1024;
/** A guest's path; longer ones are not names but payloads. */
export const PATH_BYTES_MAX = 1024;
/** More mounts in one view are a configuration error. */
export const MOUNTS_MAX = 32;
/** Reasons that people give when they resolve a gate. */
export const REASON_BYTES_MAX = 1024;
/** Writes in one unit of work: a unit is one state change, not a bulk load. */
export const UNIT_WRITES_MAX = 256;
/** Bodies and commands of one unit: sixteen of the largest records, and a batch of units still fits into memory. */
export const UNIT_BYTES_MAX = 32 * 1024 * 1024;
/** Records one page of a list or of a stream may hold. */
export const PAGE_RECORDS_MAX = 1000;
/** Bodies that one page of a stream may hold before it ends: a page is held in memory, often several at once. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;
/** A stream that was put back at a higher cursor could not go on for long: beyond 2^53 numbers are no longer exact. */
export const CURSOR_MAX = 2 ** 52;
/** A record key is a scope key plus an id or an idempotency key. */
export const RECORD_KEY_BYTES_MAX = 4096;
/** One record of a stream; larger things are stored elsewhere and referred to by digest. */
export const STREAM_RECORD_BYTES_MAX = 2 * 1024 * 1024;
/** Grants that one authorisation may have to look at. */
export const GRANTS_MAX = 10_000;
/** Gates live at most a day; what was asked yesterday is asked again. */
export const GATE_TTL_MS_MAX = 24 * 60 * 60 * 1000;
/** A lease shorter than this expires before its first heartbeat. */
export const LEASE_TTL_MS_MIN = 50;
/** A lease longer than this leaves a crashed run lying for too long. */
export const LEASE_TTL_MS_MAX = 15 * 60 * 1000;
/** A path below the virtual roots: a mount's target and a guest's path together, within what Linux takes. */
export const VIRTUAL_PATH_BYTES_MAX = 4096;
/** A capability is described to a model in a paragraph, not in a manual. */
export const DESCRIPTION_BYTES_MAX = 1024;
/** A call that needs longer is a process, which is started and then asked about. */
export const DEADLINE_MS_MAX = 10 * 60 * 1000;
/** What one call hands to a model at most; larger things are written to a file. */
export const OUTPUT_BYTES_MAX = 1024 * 1024;
/** Packages that one host knows by name. */
export const TRUST_ENTRIES_MAX = 1024;
/** Digits that sums of money are computed with. */
export const MONEY_DIGITS_MAX = 40;
/** Larger amounts of anything are a mistake; up to here numbers are exact. */
export const RESOURCE_AMOUNT_MAX = 2 ** 52;
/** Credentials that one capability may need. */
export const CREDENTIALS_MAX = 16;
/** Hosts that one capability or grant may name. */
export const NETWORK_TARGETS_MAX = 64;
/** A host name is at most this long. */
export const HOST_NAME_BYTES_MAX = 253;
/** A grant that may be used more often than this needs no count. */
export const INVOCATIONS_MAX = 1_000_000;
/** Accounts that one reservation may be held in: each is a write of the unit that announces the effect. */
export const RESERVATION_ACCOUNTS_MAX = 32;
/** Instants at which periods begin that one command may name: the one before, this one, the next, and where that ends. */
export const WINDOW_STARTS_MAX = 4;
/** Kinds that one filter of a stream may name. */
export const FILTER_KINDS_MAX = 256;
/** A manifest is read by people too; schemas and documents stand in files of their own. Units: UTF-8 bytes. */
export const MANIFEST_BYTES_MAX = 256 * 1024;
/** A path inside a package. */
export const PACKAGE_PATH_BYTES_MAX = 512;
/** A version with its labels. */
export const PACKAGE_VERSION_BYTES_MAX = 64;
/** What the owner of a piece of work has to know of it: ids and names, no content. */
export const WORK_ABOUT_BYTES_MAX = 16 * 1024;
/** What comes of a piece of work: an output as text, at most doubled by escaping, and the end of what it showed meanwhile. */
export const WORK_RESULT_BYTES_MAX = 4 * 1024 * 1024;
