/** Bounds of one request to a model, each with its reason. */

/** What one answer may say: the bound of a message in a transcript. Units: UTF-8 bytes. */
export const REPLY_BYTES_MAX = 256 * 1024;
/** What one answer may ask for: the bound of calls in one step of a transcript. */
export const REPLY_CALLS_MAX = 32;
/** The bound of a call id in a transcript. Units: UTF-8 bytes. */
export const CALL_ID_BYTES_MAX = 128;
/** Function names of the OpenAI form. Units: characters. */
export const FUNCTION_NAME_LENGTH_MAX = 64;
/** A whole answer on the wire: text and calls, escaped. Units: bytes. */
export const RESPONSE_BYTES_MAX = 8 * 1024 * 1024;
/** Long answers of slow local models take minutes; longer than this, something hangs. Units: milliseconds. */
export const TIMEOUT_MS_DEFAULT = 120_000;
export const TIMEOUT_MS_MAX = 30 * 60_000;
/** Names of models are short; this holds the longest paths of local servers. Units: UTF-8 bytes. */
export const MODEL_NAME_BYTES_MAX = 256;
export const ENDPOINT_BYTES_MAX = 2048;
export const API_KEY_BYTES_MAX = 4096;
export const OUTPUT_TOKENS_MAX = 1_000_000;
