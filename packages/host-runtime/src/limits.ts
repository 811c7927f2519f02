/** Bounds of the door, each with its reason. */

/** The input of one call, as canonical JSON; it is stored with gates. Units: UTF-8 bytes. */
export const INPUT_BYTES_MAX = 6 * 1024 * 1024;
/** Levels of an input or an output: it stands a few levels deep in the records that keep it, which have 64. */
export const CONTENT_DEPTH_MAX = 58;
/** The text with which a capability explains a failure. Units: UTF-8 bytes. */
export const FAILURE_MESSAGE_BYTES_MAX = 1024;
/** How much of a longer text is looked at for secrets; the message is cut from the beginning of it. Units: UTF-16 code units. */
export const FAILURE_TEXT_CHARS_MAX = 64 * 1024;
/** The field and the rule with which a capability refuses an input; both are shown to models. Units: UTF-8 bytes. */
export const CHECK_TEXT_BYTES_MAX = 256;
/** How long a question stays open unless the host says otherwise. Units: milliseconds. */
export const GATE_TTL_MS = 24 * 60 * 60 * 1000;
/** What a caller that announced an effect may take beyond its deadline to settle it. Units: milliseconds. */
export const SETTLE_GRACE_MS = 5_000;
/** The part of that time that is kept for writing the result: an effect that would end later is not begun. */
export const SETTLE_WRITE_MS = 2_500;
/** How often the result of an effect is written again when the store is in trouble. */
export const SETTLE_ATTEMPTS_MAX = 3;
/** The pause before the result is written again. Units: milliseconds. */
export const SETTLE_PAUSE_MS = 200;
/** How long a handler may take to obey its signal before the door stops waiting. Units: milliseconds. */
export const OBEY_GRACE_MS = 250;
/** How long the policy may think about one call before it counts as failed; hooks have shorter bounds of their own. */
export const JUDGE_DEADLINE_MS = 10_000;
/** Verdicts of one judgement; each becomes a record of the unit. */
export const JUDGEMENT_VERDICTS_MAX = 256;
/** Records of one judgement; a unit appends at most 1000 to one stream. */
export const JUDGEMENT_RECORDS_MAX = 512;
/** Writes of one judgement: a unit holds 256, and some are the door's own. */
export const JUDGEMENT_WRITES_MAX = 128;
/** Different reasons to ask somebody; a gate holds 64. */
export const JUDGEMENT_ASKS_MAX = 60;
/** How soon somebody looks again whose clock is ahead of the writer's: time is over here and not yet there. Units: milliseconds. */
export const JOIN_LOOK_MS = 100;
/** How often a unit is tried again after somebody else moved its records. */
export const CONTENTION_RETRIES_MAX = 8;
/** Capabilities that one surface may show. */
export const VISIBLE_CAPABILITIES_MAX = 256;
/** A secret is a key or a token, at most a certificate with its chain. Units: UTF-8 bytes. */
export const SECRET_BYTES_MAX = 64 * 1024;
/** The base64 of the longest secret with what sealing adds. Units: characters. */
export const SECRET_SEALED_CHARS_MAX = 96 * 1024;
/** A shorter one would be found in every other text, and taken out of it. Units: UTF-8 bytes. */
export const SECRET_BYTES_MIN = 4;
/** Secrets of one person, or of one tenant for everybody; more are data. */
export const SECRETS_PER_OWNER_MAX = 256;
/** How much of a long secret has to be found before all that follows of it is taken out. Units: UTF-8 bytes. */
export const SECRET_HEAD_BYTES = 32;
/** Base64 in which a search for keys looks: shorter runs hold none. Units: digits. */
export const LEAK_RUN_DIGITS_MIN = 24;
/** The name under which a caller keeps a surface. Units: UTF-8 bytes. */
export const SURFACE_BYTES_MAX = 64;
/** A package that offers more than this is several packages. */
export const EXTENSION_CAPABILITIES_MAX = 64;
/** A program, its script and its arguments; what varies between calls is the input, not the command. */
export const COMMAND_PARTS_MAX = 32;
/** One argument of a command. Units: UTF-8 bytes. */
export const COMMAND_PART_BYTES_MAX = 1024;
/** Longer addresses are refused by common servers. Units: UTF-8 bytes. */
export const EGRESS_URL_BYTES_MAX = 8 * 1024;
/** Headers that a request may bring; the host adds a few of its own. */
export const EGRESS_HEADERS_MAX = 64;
/** The name of a header is a word, not content. Units: bytes. */
export const EGRESS_HEADER_NAME_BYTES_MAX = 512;
/** Servers refuse longer headers; a secret that is injected stays below it too. Units: bytes. */
export const EGRESS_HEADER_VALUE_BYTES_MAX = 8 * 1024;
/** What is sent is searched for secrets in several spellings. Units: bytes. */
export const EGRESS_BODY_BYTES_MAX = 256 * 1024;
/** How long one request may take unless it says otherwise. Units: milliseconds. */
export const EGRESS_TIMEOUT_MS = 10_000;
/** A server that takes longer is asked again by another call. Units: milliseconds. */
export const EGRESS_TIMEOUT_MS_MAX = 30_000;
/** An answer is held in memory and searched for secrets. Units: bytes. */
export const EGRESS_RESPONSE_BYTES_MAX = 5 * 1024 * 1024;
/** Requests of one call, refused ones included: each leaves at most two facts, and all of them are recorded. */
export const EGRESS_REQUESTS_MAX = 100;
/** How often an escaped text is unescaped in search of secrets: servers behind servers do it more than once. */
export const EGRESS_DECODINGS_MAX = 3;
/** What one call says of its exchanges with networks; more of them are counted in its usage all the same. */
export const EGRESS_FACTS_MAX = 200;
/** Mutators that may change one input. */
export const MUTATIONS_MAX = 64;
/** Places of an input that a record of a change names; its digests tell the rest. */
export const CHANGES_MAX = 64;
/** A longer place is not named. Units: UTF-8 bytes. */
export const CHANGE_PATH_BYTES_MAX = 512;
/** A longer value is not shown. Units: UTF-8 bytes. */
export const CHANGE_VALUE_BYTES_MAX = 512;
/** How long a process may run that nobody gave less. Units: milliseconds. */
export const PROCESS_MS_MAX = 24 * 60 * 60 * 1000;
/** Processes that one host carries on at once; budgets bound those of one tenant. */
export const PROCESSES_MAX = 256;
/** How long a host holds a process without a heartbeat, and a dead host's processes stay unnoticed. Units: milliseconds. */
export const PROCESS_LEASE_MS = 30_000;
/** Heartbeats per lease time, so that two may be lost. */
export const PROCESS_HEARTBEATS_PER_LEASE = 4;
/** How long work may go on after it was told to stop; the door around it gives up sooner. Units: milliseconds. */
export const PROCESS_OBEY_MS = 5_000;
/** How often the end of a process is written while the store is in trouble: with doubled pauses, for about one lease. */
export const PROCESS_SETTLE_ATTEMPTS_MAX = 8;
/** How long a host that closes waits for its processes: until they obey, and are written. Units: milliseconds. */
export const PROCESS_CLOSE_MS = 10_000;
/** How soon somebody who waits looks again who has heard nothing. Units: milliseconds. */
export const PROCESS_LOOK_MS = 5_000;
/** What a process shows while it runs: the end of it, as much as a model reads. Units: UTF-8 bytes. */
export const PROGRESS_BYTES_MAX = 64 * 1024;
/** Processes of one listing; each may bring an output of a megabyte. */
export const PROCESSES_LISTED_MAX = 32;
/** Limits of budgets in one configuration; a call is held to those that reach it. */
export const BUDGET_LIMITS_MAX = 1024;
/** How often the accounts of a call are read anew because calls that only read ended meanwhile. */
export const BUDGET_LOOKS_MAX = 8;
/** The longest names of time zones have half as many. Units: UTF-8 bytes. */
export const TIME_ZONE_BYTES_MAX = 64;
/** Digests of authorities that are remembered; one for each capability and grant that is in use. */
export const AUTHORITIES_REMEMBERED = 1024;
/** A schema is read by models with every call; larger ones are not read but skipped. Units: UTF-8 bytes. */
export const SCHEMA_BYTES_MAX = 64 * 1024;
/** Schemas of somebody else that stand for one and the same value: more of them are a knot. */
export const SCHEMA_NESTING_MAX = 32;
/** Patterns of one schema; each is compiled when the schema is. */
export const SCHEMA_PATTERNS_MAX = 32;
/** Schemas within schemas while a value is checked; the stack of the engine holds several times as many. */
export const SCHEMA_CHECK_DEPTH_MAX = 512;
/** Checking one input against a schema of somebody else; schemas of a few lines can ask for years of it. Units: steps. */
export const SCHEMA_CHECK_WORK_MAX = 2_000_000;
/** What tells a model how to use a capability: a page, not a manual. Units: UTF-8 bytes. */
export const DOCUMENT_BYTES_MAX = 16 * 1024;
/** A pattern is an expression, not a program; longer ones take seconds to compile. */
export const PATTERN_BYTES_MAX = 512;
/** Steps of a compiled pattern: repetitions make a short pattern long. */
export const PATTERN_STEPS_MAX = 2000;
/** The answer of a program: as much as a capability may hand out. Units: bytes. */
export const PROGRAM_ANSWER_BYTES_MAX = 1024 * 1024;
/** Answer and error output of a program together; both are held until it ends. Units: bytes. */
export const PROGRAM_OUTPUT_BYTES_MAX = 4 * 1024 * 1024;
/** The end of what a program says when it fails: a line for the operator holds no more. Units: bytes. */
export const PROGRAM_COMPLAINT_BYTES_MAX = 2048;
/** A longer line of progress comes in parts. Units: UTF-16 code units. */
export const PROGRAM_LINE_CHARACTERS_MAX = 4096;
/** How much later a program is stopped that its call should have stopped already. Units: milliseconds. */
export const PROGRAM_GRACE_MS = 1000;
