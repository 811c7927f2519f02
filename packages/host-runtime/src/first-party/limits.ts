/** Bounds of the built-in tools, each with its reason. Bytes are UTF-8 bytes unless they are those of a file. */

/** What a model says to one of these tools, as JSON; only what is written into files may be longer. */
export const TOOL_INPUT_BYTES_MAX = 1024 * 1024;
/** What one of these tools hands to a model, as serialised JSON; the tools keep below it themselves. */
export const TOOL_OUTPUT_BYTES_MAX = 1024 * 1024;
/** What one call is expected to take: grants with a limit need a number to compare. Units: milliseconds. */
export const TOOL_ESTIMATE_MS = 100;
/** What one call is expected to return. Units: bytes. */
export const TOOL_ESTIMATE_OUTPUT_BYTES = 16 * 1024;

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
/** A patched file is read again by the tools, before and after. */
export const PATCH_FILE_BYTES_MAX = READ_FILE_BYTES_MAX;
/** More places in one file are not a patch; each is held in memory until it is written. */
export const PATCH_REPLACEMENTS_MAX = 100_000;
/** Reads that are remembered in one conversation; an older one is made again. */
export const READ_STATE_SCOPE_ENTRIES_MAX = 4096;
/** Reads that are remembered of all conversations: a few megabytes. */
export const READ_STATE_ENTRIES_MAX = 16_384;
/** What a model repeats to name what it has read. */
export const VERSION_BYTES_MAX = 64;
/** Calls that wait for one path of a process; more at once are not work but a fault. */
export const PATH_WAITERS_MAX = 256;

/** More entries are a reason to list a folder below. */
export const LIST_ENTRIES_MAX = 500;
/** Levels of a recursive listing unless the model says otherwise. */
export const LIST_DEPTH_DEFAULT = 3;
/** Deeper than this nothing is laid out by people. */
export const LIST_DEPTH_MAX = 32;
/** Entries that one call looks at, shown or not: a whole tree is not walked within a deadline. */
export const WALK_ENTRIES_MAX = 50_000;

/** Matching takes time by characters × steps. More than this for one line holds up everybody for seconds. */
export const MATCH_WORK_MAX = 200_000_000;
/** Work after which matching lets the rest of the process run. Units: as above; at worst about a second. */
export const MATCH_WORK_PER_PAUSE = 50_000_000;
/** A filter for file names. */
export const GLOB_BYTES_MAX = 256;
/** Files that one glob names unless the model says otherwise. */
export const GLOB_RESULTS_DEFAULT = 200;
/** As many paths as fit into an output when they are long. */
export const GLOB_RESULTS_MAX = 5000;
/** A large tree is looked through before anything is named, because the newest come first. Units: milliseconds. */
export const GLOB_DEADLINE_MS = 10_000;
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

/** How long a model waits for a process unless it says otherwise. Units: seconds. */
export const PROCESS_WAIT_S_DEFAULT = 30;
/** A longer wait is another call: whoever cancels the run should not wait for it. Units: seconds. */
export const PROCESS_WAIT_S_MAX = 300;
/** What a call about a process may take besides waiting. Units: milliseconds. */
export const PROCESS_CALL_MS = 10_000;
/** A larger output of a process is not shown: beside it the facts have to fit into what a tool hands out. */
export const PROCESS_OUTPUT_SHOWN_BYTES_MAX = 960 * 1024;

/** A point in time or a name of a zone is a short line. */
export const TIME_TEXT_BYTES_MAX = 64;
/** A format has a few directives and words between them. */
export const TIME_FORMAT_BYTES_MAX = 256;
/** The path of a value within JSON. */
export const JSON_PATH_BYTES_MAX = 1024;

/** What a model sends in one request; the host sends no more either. */
export const HTTP_BODY_BYTES_MAX = 256 * 1024;
/** A page or an answer of an API, unless the model wants more. */
export const HTTP_RESPONSE_BYTES_DEFAULT = 512 * 1024;
/** In base64, with its headers, it still fits into what a tool hands out. */
export const HTTP_RESPONSE_BYTES_MAX = 700 * 1024;
/** What a body may take as JSON; the rest of the output is for headers. */
export const HTTP_PAYLOAD_BYTES_MAX = 936 * 1024;
/** The longest request, and the search of its answer for secrets. Units: milliseconds. */
export const HTTP_DEADLINE_MS = 35_000;
/** What one request is expected to send: an address and a few headers. */
export const HTTP_ESTIMATE_EGRESS_BYTES = 1024;

/** A longer command is a script, and belongs into a file. */
export const SHELL_COMMAND_BYTES_MAX = 16 * 1024;
/** Commands within commands, as `sh -c` and wrappers make them; people need two. */
export const SHELL_NESTING_MAX = 4;
/** Substitutions within substitutions; each may look for the end of a text of its own. */
export const SHELL_SUBSTITUTIONS_MAX = 16;
/** How long a command may run, and runs unless the model says otherwise. Units: seconds. */
export const SHELL_TIMEOUT_S_MAX = 120;
/** The longest command, and what it takes to start and stop it. Units: milliseconds. */
export const SHELL_DEADLINE_MS = 125_000;
/** What a model sees of what a command says: the beginning and the end. */
export const SHELL_OUTPUT_BYTES_MAX = 64 * 1024;
/** A command that says more is stopped; all of it is held until then. */
export const SHELL_OUTPUT_READ_BYTES_MAX = 8 * 1024 * 1024;
/** What a model sees, with every character escaped, and the facts beside it. */
export const SHELL_ANSWER_BYTES_MAX = 448 * 1024;
