/** Bounds of the file tools, each with its reason. Bytes are UTF-8 bytes unless they are those of a file. */

/** What one of these tools hands to a model, as serialised JSON; the tools keep below it themselves. */
export const FILE_OUTPUT_BYTES_MAX = 1024 * 1024;
/** What a tool fills with entries, matches or lines; the rest of the output is for paths and counts. */
export const FILE_PAYLOAD_BYTES_MAX = 960 * 1024;
/** Larger files are data, not text that a model reads. */
export const READ_FILE_BYTES_MAX = 10 * 1024 * 1024;
/** What a model gets when it does not say how many lines it wants. */
export const READ_LINES_DEFAULT = 2000;
/** A line that does not fit into the output is shown up to here: escaped six times longer, it still fits. */
export const READ_LINE_BYTES_MAX = 128 * 1024;
/** A NUL this early tells a binary file; later ones are not looked for. */
export const BINARY_PROBE_BYTES = 8 * 1024;

/** What a model writes in one call; the whole input has to fit into a stored question. */
export const WRITE_FILE_BYTES_MAX = 5 * 1024 * 1024;

/** More entries are a reason to list a folder below. */
export const LIST_ENTRIES_MAX = 500;
/** Levels of a recursive listing unless the model says otherwise. */
export const LIST_DEPTH_DEFAULT = 3;
/** Deeper than this nothing is laid out by people. */
export const LIST_DEPTH_MAX = 32;
/** Entries that one call looks at, shown or not: a whole tree is not walked within a deadline. */
export const WALK_ENTRIES_MAX = 50_000;

/** A pattern is an expression, not a program; longer ones take seconds to compile. */
export const PATTERN_BYTES_MAX = 512;
/** Steps of a compiled pattern: repetitions make a short pattern long. */
export const PATTERN_STEPS_MAX = 2000;
/** Matching takes time by characters × steps. More than this for one line holds up everybody for seconds. */
export const MATCH_WORK_MAX = 200_000_000;
/** Work after which matching lets the rest of the process run. Units: as above; at worst about a second. */
export const MATCH_WORK_PER_PAUSE = 50_000_000;
/** A filter for file names. */
export const GLOB_BYTES_MAX = 256;
/** A larger file is left out of a search. */
export const GREP_FILE_BYTES_MAX = 10 * 1024 * 1024;
/** What one search reads altogether. */
export const GREP_SCAN_BYTES_MAX = 64 * 1024 * 1024;
/** The rendered lines of one search: what a model can take in. */
export const GREP_CONTENT_BYTES_MAX = 64 * 1024;
/** Results of one search unless the model says otherwise. */
export const GREP_HEAD_LIMIT_DEFAULT = 250;
/** Lines around a match. With their paths and one match they fit into the rendered lines. */
export const GREP_CONTEXT_LINES_MAX = 20;
/** A longer line around a match is cut. */
export const GREP_CONTEXT_LINE_BYTES_MAX = 1024;
/** A longer match is cut: minified files have lines of megabytes. */
export const GREP_MATCH_BYTES_MAX = 4 * 1024;
/** A search reads up to 64 MiB. Units: milliseconds. */
export const GREP_DEADLINE_MS = 10_000;
