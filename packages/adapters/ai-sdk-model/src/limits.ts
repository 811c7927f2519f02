/** Bounds of one request to a model, each with its reason. */

/** Function names of the OpenAI form. Units: characters. */
export const FUNCTION_NAME_LENGTH_MAX = 64;
/** A whole answer on the wire: text and calls, escaped. Units: bytes. */
export const RESPONSE_BYTES_MAX = 8 * 1024 * 1024;
/** Long answers of slow local models take minutes; longer than this, something hangs. Units: milliseconds. */
export const TIMEOUT_MS_DEFAULT = 120_000;
/** A model that has not answered by then never will. Units: milliseconds. */
export const TIMEOUT_MS_MAX = 30 * 60_000;
/** Names of models are short; this holds the longest paths of local servers. Units: UTF-8 bytes. */
export const MODEL_NAME_BYTES_MAX = 256;
/** An address of a server, not a payload. Units: UTF-8 bytes. */
export const ENDPOINT_BYTES_MAX = 2048;
/** Keys that are signed tokens reach some kilobytes. Units: UTF-8 bytes. */
export const API_KEY_BYTES_MAX = 4096;
/** More than any model can say at once. Units: tokens. */
export const OUTPUT_TOKENS_MAX = 1_000_000;
